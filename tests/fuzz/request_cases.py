"""What `tests/fuzz/requests.py` sends: honest requests of which some of it is changed, made up, or beside the point."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tallystick.authorization.pushed_requests import EXPIRES_IN_S
from tests.attacks.test_e_redirects import PARSER_DIFFERENTIALS
from tests.authorization.asking import CHALLENGE, REDIRECT_URI
from tests.authorization.request_objects.signing import LEFT_OUT

ELSEWHERE = "https://app.example/elsewhere?a=b"
PUBLISHED = "https://request.example/request.jwt"
INSIDE = {
    "loopback.example": "127.0.0.1",
    "metadata.example": "169.254.169.254",
    "private.example": "10.0.0.7",
    "mapped.example": "::ffff:127.0.0.1",
    "six.example": "::1",
    "unique.example": "fd00:ec2::254",
}
"""Names that lead where nobody may be sent."""
FORBIDDEN = [f"https://{name}/request.jwt" for name in INSIDE]
OTHER_ADDRESSES = (
    *("https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest", "http://request.example/request.jwt"),
    *(
        "https://localhost:8443/x",
        "https://request.example/request.jwt?x",
        "https://request.example@127.0.0.1/",
        "file:///etc",
    ),
    *(f"{PUBLISHED}#AAAA", "urn:ietf:params:oauth:request_uri:x", "https://2130706433/"),
)
_TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
_WORDS = st.sampled_from(("s", "s t&a=te", "#&?=\r\nX: y", "\u2028")) | _TEXT
_SAID: dict[str, Any] = {
    "state": _WORDS | st.integers(0, 9) | st.booleans() | st.none(),
    "nonce": _WORDS,
    "scope": st.sampled_from(("openid", "openid email", "openid offline_access", "email", "", '"')),
    "redirect_uri": st.sampled_from((REDIRECT_URI, ELSEWHERE, "https://evil.example/cb", *PARSER_DIFFERENTIALS[:20])),
    "response_type": st.sampled_from(("code", "code", "code id_token", "token", "none", "")),
    "response_mode": st.sampled_from(("query", "form_post", "fragment", "jwt", "query.jwt", "form_post.jwt", "x")),
    "prompt": st.sampled_from(("none", "none", "login", "consent", "none login", "create")),
    "max_age": st.sampled_from(("0", "100000", 100000, 1e5, -1, "x", [1])),
    "code_challenge": st.sampled_from((CHALLENGE, CHALLENGE[:-1])),
    "code_challenge_method": st.sampled_from(("S256", "plain")),
    "claims": st.sampled_from(({"userinfo": {"email": None}}, '{"id_token":{"acr":null}}', "{", [], {"id_token": 1})),
    "authorization_details": st.sampled_from(("[]", [{"type": "x"}], "[")),
    "resource": st.sampled_from(("https://x.example/", ["https://x.example/"], [])),
    "jti": st.sampled_from(("once", "x" * 65, 7)) | _TEXT,
    "acr_values": _WORDS,
    "login_hint": _WORDS,
    "ui_locales": st.sampled_from(("de", "\x00")),
    "id_token_hint": st.just("e30.e30.e30"),
    "ext-own": _WORDS,
}
IDENTITY: dict[str, tuple[Any, ...]] = {
    "iss": (LEFT_OUT, "other", 7, ""),
    "aud": (LEFT_OUT, "other", ["other"], "issuer and other", "issuer without slash", 7, []),
    "client_id": (LEFT_OUT, "other", "", 7),
    "sub": ("own", "x"),
    "request": ("x",),
    "request_uri": (PUBLISHED, FORBIDDEN[0]),
}
"""What says who asks whom, and what is no claim of a request."""
TIMES: dict[str, tuple[Any, ...]] = {
    "exp": (LEFT_OUT, -100_000, -61, -1, 0, 1, 600, 3_600, 3_700, 10**7, 10**12, "text", 0.5),
    "nbf": (LEFT_OUT, -10_000, -3_700, -3_599, -10, 1, 59, 100, 10**7, "text"),
    "iat": (LEFT_OUT, -10_000, 1, 100, "text"),
}
"""In seconds from now."""
KEYS, CHANGES = ("other", "stranger", "proof"), ("payload", "signature", "byte", "cut", "none", "crit", "alg")
WRAPS = ("twice", "zip", "broken", "unsigned")
WAYS = ("GET", "POST", "push", "plain push", "reference", "forbidden", "other address")
_OUTER: dict[str, Any] = {
    "redirect_uri": st.sampled_from((REDIRECT_URI, ELSEWHERE, "https://evil.example/cb")),
    "state": _WORDS,
    "scope": st.sampled_from(("openid email", "x")),
    "response_type": st.sampled_from(("token", "code id_token", "code")),
    "response_mode": st.sampled_from(("form_post", "query.jwt", "fragment")),
    "nonce": _WORDS,
    "prompt": st.sampled_from(("none", "login")),
    "code_challenge": st.just(CHALLENGE),
    "code_challenge_method": st.just("S256"),
    "max_age": st.just("0"),
    "client_id": st.just("other"),
    "authorization_details": st.just("[]"),
}
_NOTHING: st.SearchStrategy[dict[str, Any]] = st.just({})
_PLAIN = st.fixed_dictionaries({}, optional={"state": _WORDS, "nonce": _WORDS})
_WHO = st.one_of(*(st.fixed_dictionaries({name: st.sampled_from(values)}) for name, values in IDENTITY.items()))
_ONE = st.one_of(*(st.fixed_dictionaries({name: values}) for name, values in _SAID.items()))
_SEVERAL = st.fixed_dictionaries({}, optional=_SAID).filter(lambda said: len(said) < 8)
_DATE = st.one_of(*(st.fixed_dictionaries({name: st.sampled_from(values)}) for name, values in TIMES.items()))
_DATES = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in TIMES.items()})
CASES = {
    "level": st.sampled_from(("plain", "fapi")),
    "said": st.one_of(_PLAIN, _PLAIN, _WHO, _ONE, _SEVERAL),
    "times": st.one_of(_NOTHING, _NOTHING, _NOTHING, _DATE, _DATES),
    "key": st.sampled_from((*("own",) * 8, *KEYS)),
    "change": st.sampled_from((*("",) * 14, *CHANGES)),
    "place": st.integers(0, 4_000),
    "wrap": st.sampled_from((*("",) * 9, "sealed", "sealed", *WRAPS)),
    "way": st.sampled_from((*WAYS, "push", "push", "reference")),
    "outer": st.one_of(_NOTHING, st.fixed_dictionaries({}, optional=_OUTER)),
    "odd": st.sampled_from(
        ("",) * 9 + ("&state=twice", "&scope=twice", "&x=%00", "&=", "&nonce", "&%ff=1", "&client_id=x")
    ),
    "who": st.sampled_from(("own", "own", "own", "nobody")),
    "waits_s": st.sampled_from((0, 0, 0, 3, EXPIRES_IN_S - 1, EXPIRES_IN_S + 1)),
}
HONEST: dict[str, Any] = {
    "said": {},
    "times": {},
    "key": "own",
    "change": "",
    "place": 0,
    "wrap": "",
    "outer": {},
    "odd": "",
    "who": "own",
    "waits_s": 0,
}
