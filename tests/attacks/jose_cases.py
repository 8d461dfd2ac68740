"""JWTs and JSON at which readers have gone wrong: one table of corner cases, for every place that reads such.

Those of JWEs are in `tests/attacks/jwe_cases.py`. Each family is a function of what an honest sender has
(:class:`Sender`); whatever can be is signed well, so that the corner alone is what refuses it.
`tests/attacks/jose_places.py` says where they are sent.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tallystick.jose.keys import jwk_of, pem_of, public_key_of
from tests.forge import Key, b64

CANARY = "canary-0123456789abcdefghijklmnopqrstuvwxyz"
"""Is a claim of every one of them, and must never be seen again."""
STRANGER = Key("ES256")
NESTED_DEEP = 10_000
Cases = Iterator[tuple[str, str]]
"""Name and text."""


class Sender(msgspec.Struct, frozen=True):
    """What an honest sender signs with, and what it would say."""

    alg: str
    kid: str | None
    sign: Callable[[bytes], bytes]
    public: Any
    """Its public key, as cryptography has it."""
    claims: Callable[[], dict[str, Any]]
    """Fresh ones."""
    typ: str
    bytes_max: int
    """More than that the place does not take apart."""
    other_typs: tuple[str, ...] = ()
    """Types that other JWTs have."""
    shown: dict[str, Any] = {}
    """What its header has beside, such as its key."""

    @property
    def header(self) -> dict[str, Any]:
        return {"alg": self.alg, "typ": self.typ, **({"kid": self.kid} if self.kid else {}), **self.shown}

    def jws(self, header: dict[str, Any] | bytes | None = None, claims: dict[str, Any] | bytes | None = None) -> str:
        """Signed well, whatever it says; a dict of header members is added to the honest ones."""
        head = header if isinstance(header, bytes) else json.dumps({**self.header, **(header or {})}).encode()
        body = claims if isinstance(claims, bytes) else json.dumps({**self.said(), **(claims or {})}).encode()
        return self.signed(f"{b64(head)}.{b64(body)}")

    def signed(self, signing_input: str) -> str:
        return f"{signing_input}.{b64(self.sign(signing_input.encode()))}"

    def said(self) -> dict[str, Any]:
        return {**self.claims(), "secret_canary": CANARY}


def algorithms(sender: Sender) -> Cases:
    """attacks.md 6: what a header says of the algorithm is never what decides."""
    _, body, signature = sender.jws().split(".")
    for alg in ("none", "None", "nOnE", "NONE", "", " ", sender.alg.lower(), sender.alg + " ", "a" * 500):
        head = b64(json.dumps({**sender.header, "alg": alg}).encode())
        yield f"alg {alg[:6]!r} without signature", f"{head}.{body}."
        yield f"alg {alg[:6]!r} with one", f"{head}.{body}.{signature}"
        yield f"alg {alg[:6]!r} signed", sender.signed(f"{head}.{body}")
    for value in (7, 1.5, None, True, ["ES256"], [sender.alg], {"alg": sender.alg}, {}):
        yield f"alg {value!r}", sender.jws({"alg": value})
    rest = {name: value for name, value in sender.header.items() if name != "alg"}
    yield "no alg", sender.signed(f"{b64(json.dumps(rest).encode())}.{body}")
    for other in {"RS256", "PS256", "ES256", "ES384", "Ed25519"} - {sender.alg}:
        yield f"alg of another kind {other}", sender.jws({"alg": other})
    public = public_key_of(sender.public)
    spki = sender.public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    jwk = json.dumps(jwk_of(public)).encode()
    shared = {"PEM": pem_of(public).encode(), "DER": spki, "JWK": jwk, "nothing": b"", "NUL": b"\x00"}
    for name, secret in shared.items():
        for alg, digest in (("HS256", "sha256"), ("HS512", "sha512")):
            header = {**sender.header, "alg": alg}
            signing_input = f"{b64(json.dumps(header).encode())}.{body}"
            mac = hmac.digest(secret, signing_input.encode(), digest)
            yield f"{alg} with {name} as secret", f"{signing_input}.{b64(mac)}"


NO_TEXTS: tuple[Any, ...] = (7, ["JWT"], {}, None)


def headers(sender: Sender) -> Cases:
    """attacks.md 7, 8: what changes the meaning, and keys that a stranger brings along."""
    crits: list[Any] = [[], ["exp"], ["b64"], ["x-unknown"], "exp", None, {}]
    for crit in crits:
        yield f"crit {crit!r}", sender.jws({"crit": crit})
    yield "crit exp with exp", sender.jws({"crit": ["exp"], "exp": 4_000_000_000})
    for b64_value in (False, True, None, "false"):
        yield f"b64 {b64_value!r}", sender.jws({"b64": b64_value})
    yield "b64 false with crit", sender.jws({"b64": False, "crit": ["b64"]})
    for zipped in ("DEF", "GZIP", None):
        yield f"zip {zipped!r}", sender.jws({"zip": zipped})
    kids: list[Any] = [7, None, [], {}, True, "../../../../dev/null", "' OR 1=1 --", "k" * 10_000, "k" * 257, "a\x00b"]
    for kid in kids:
        yield f"kid {str(kid)[:12]!r}", sender.jws({"kid": kid})
    for name, value in _smuggled().items():
        yield f"{name} of a stranger", STRANGER.jwt(sender.said(), **{**sender.header, "alg": "ES256", name: value})
    for typ in (*sender.other_typs, "logout+jwt", "dpop+jwt", "x" * 257):
        yield f"typ {typ[:30]}", sender.jws({"typ": typ})
    for name in ("typ", "cty"):
        for wrong in NO_TEXTS:
            yield f"{name} {wrong!r}", sender.jws({name: wrong})


def _smuggled() -> dict[str, Any]:
    jwk = {**jwk_of(public_key_of(STRANGER.private.public_key())), "alg": "ES256", "kid": "s"}
    return {
        "jwk": jwk,
        "jku": "https://evil.example/jwks.json",
        "x5u": "https://evil.example/chain.pem",
        "x5c": ["MIIB"],
        "x5t#S256": "AAAA",
        "kid": "https://evil.example/jwks.json",
    }


TEXTS: dict[str, bytes] = {
    "nested 9 deep": b"[" * 9 + b"]" * 9,
    "nested 200 deep": b"[" * 200 + b"]" * 200,
    "arrays 1,000 deep": b"[" * 1_000 + b"]" * 1_000,
    "objects 1,500 deep": b'{"a":' * 1_500 + b"1" + b"}" * 1_500,
    "arrays 10,000 deep": b"[" * NESTED_DEEP + b"]" * NESTED_DEEP,
    "objects 10,000 deep": b'{"a":' * NESTED_DEEP + b"1" + b"}" * NESTED_DEEP,
    "arrays 10,000 deep that never end": b"[" * NESTED_DEEP,
    "1e400": b"1e400",
    "-1e400": b"-1e400",
    "an integer of 300 digits": b"9" * 300,
    "an integer of 5,000 digits": b"9" * 5_000,
    "NaN": b"NaN",
    "Infinity": b"Infinity",
    "-Infinity": b"-Infinity",
    "a lone surrogate": b'"\\ud800"',
    "surrogates in the wrong order": b'"\\udc00\\ud800"',
    "NUL": b'"a\\u0000b"',
    "a raw control character": b'"a\nb"',
    "invalid UTF-8": b'"\xff\xfe"',
    "an overlong slash": b'"\xc0\xaf"',
    "a member twice": b'{"a":1,"a":1}',
    "a member twice, once escaped": b'{"a":1,"\\u0061":2}',
    "single quotes": b"'a'",
    "a comment": b"1/* */",
    "a comma too many": b"[1,]",
    "no end": b'{"a":[1',
    "hexadecimal": b"0x10",
    "leading zero": b"01",
}
"""JSON values that nobody shall take, by whatever name they stand."""


def members(sender: Sender) -> Cases:
    """attacks.md 12 and the duplicates of RFC 7515 4: in the header and in the payload."""
    head, body = json.dumps(sender.header).encode(), json.dumps(sender.said()).encode()
    for name, value in TEXTS.items():
        if len(value) * 4 / 3 < 2 * sender.bytes_max:
            yield f"{name} in the header", sender.jws(appended(head, b'"x":' + value))
            yield f"{name} in the payload", sender.jws(None, appended(body, b'"x":' + value))
    for twice in (b'"alg":"none"', b'"alg":"%s"' % sender.alg.encode(), b'"\\u0061lg":"none"', b'"typ":"x"'):
        yield f"header with {twice.decode()} besides", sender.jws(appended(head, twice))
        yield f"header after {twice.decode()}", sender.jws(prepended(head, twice))
    for claim in sender.said():
        again = json.dumps({claim: "x"}).encode()[1:-1]
        yield f"{claim} twice", sender.jws(None, appended(body, again))
        yield f"{claim} twice, the other first", sender.jws(None, prepended(body, again))
    yield from _not_objects(sender, head, body)


def _not_objects(sender: Sender, head: bytes, body: bytes) -> Cases:
    for name, value in {
        "array": b"[%s]",
        "string of JSON": b"%r",
        "BOM": b"\xef\xbb\xbf%s",
        "garbage behind": b"%s x",
        "two": b"%s{}",
        "UTF-16": "{}".encode("utf-16"),
        "nothing": b"",
        "blank": b"   ",
        "null": b"null",
        "true": b"true",
        "number": b"7",
        "empty string": b'""',
        "NUL behind": b"%s\x00",
    }.items():
        yield (
            f"{name} as header",
            sender.jws(value.replace(b"%s", head).replace(b"%r", json.dumps(head.decode()).encode())),
        )
        yield (
            f"{name} as payload",
            sender.jws(None, value.replace(b"%s", body).replace(b"%r", json.dumps(body.decode()).encode())),
        )
    for claim, huge in (("exp", 10**30), ("exp", "4000000000"), ("exp", [1])):
        yield f"{claim} {huge!r}", sender.jws(None, {claim: huge})


def appended(text: bytes, member: bytes) -> bytes:
    """An object with one more member behind the others."""
    return text[:-1] + b"," + member + b"}"


def prepended(text: bytes, member: bytes) -> bytes:
    """The same before them."""
    return b"{" + member + b"," + text[1:]


def envelope(sender: Sender) -> Cases:
    """attacks.md 8: one spelling of compact form, and no other form."""
    good = sender.jws()
    head, body, signature = good.split(".")
    for at, part in enumerate(("header", "payload", "signature")):
        for mark in ("=", "==", " ", "\n", "\r\n", "\t", "\u200b", "\x00", "%3D"):
            yield f"{mark!r} behind the {part}", _spelled(sender, good, at, _behind(mark))
        yield f"blank before the {part}", _spelled(sender, good, at, lambda text: " " + text)
        yield f"blank within the {part}", _spelled(sender, good, at, lambda text: text[:4] + "\n" + text[4:])
        yield f"{part} in non-canonical base64url", _other_bits(sender, at)
    yield from _other_alphabet(sender)
    others = [head, body, f"{head}.{body}", f"{good}.", f".{good}", f"{good}.{signature}", f"{good}.{body}.{signature}"]
    others += [f"{good}.{good}", "..", ".", "....", f"{head}..{signature}", f".{body}.{signature}", f"{head}.{body}."]
    others += [f"{head}.{body}.{signature[:-2]}", f"{good}{signature}", f"{head}.{body}.AA", f"{good}.{'.' * 500}"]
    others += [f"{head}.{body}.{b64(bytes(64))}", f"{head}.{body}.{b64(bytes(256))}", f"Bearer {good}", f'"{good}"']
    flattened = {"protected": head, "payload": body, "signature": signature}
    general = {"payload": body, "signatures": [{"protected": head, "signature": signature}]}
    unprotected = {"payload": body, "header": sender.header, "signature": signature}
    others += [json.dumps(form) for form in (flattened, general, unprotected, [good])]
    others += ["x", "e30.e30.e30", "\uff0e".join((head, body, signature)), good.swapcase(), "null", "undefined"]
    for number, other in enumerate(others):
        yield f"form {number}", other
    yield "a byte too long", _of_length(sender, sender.bytes_max + 1)
    yield "enormous", _of_length(sender, max(60_000, sender.bytes_max + 1))
    yield "enormous without parts", "x" * 60_000
    yield "enormous with many parts", "x." * 30_000


def _behind(mark: str) -> Callable[[str], str]:
    return lambda text: text + mark


def _spelled(sender: Sender, good: str, at: int, change: Callable[[str], str]) -> str:
    """One part in other letters; a part that is signed is signed so."""
    parts = good.split(".")
    parts[at] = change(parts[at])
    if at == 2:
        return ".".join(parts)
    signing_input = f"{parts[0]}.{parts[1]}"
    return f"{signing_input}.{b64(sender.sign(signing_input.encode()))}"


_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def _other_bits(sender: Sender, at: int) -> str:
    """RFC 4648 3.5: bits that count for nothing, set. Blanks in JSON see to it that there are such."""
    for blanks in range(3):
        parts = sender.jws(
            json.dumps(sender.header).encode() + b" " * blanks, json.dumps(sender.said()).encode() + b" " * blanks
        ).split(".")
        if len(parts[at]) % 4:
            break
    last = parts[at][-1]
    return _spelled(sender, ".".join(parts), at, lambda text: text[:-1] + _ALPHABET[_ALPHABET.index(last) + 1])


def _other_alphabet(sender: Sender) -> Cases:
    """`+` and `/` of plain base64 in the very places of `-` and `_`."""
    for _ in range(50):
        *rest, signature = sender.jws().split(".")
        if "-" in signature and "_" in signature:
            yield "plain base64", ".".join([*rest, signature.replace("-", "+").replace("_", "/")])
            return


def _of_length(sender: Sender, length: int) -> str:
    """So many characters, or up to two more."""
    pad = 0
    while (short := length - len(sender.jws(None, {"pad": "x" * pad}))) > 0:
        pad += max(1, short * 3 // 4)
    return sender.jws(None, {"pad": "x" * pad})


JWS_FAMILIES = {"algorithms": algorithms, "headers": headers, "members": members, "envelope": envelope}


def json_texts(frame: bytes) -> Iterator[tuple[str, bytes]]:
    """JSON as it is sent outside of any JWT: ``frame`` has ``%s`` where a value stands."""
    for name, value in TEXTS.items():
        yield name, frame.replace(b"%s", value)
    good = frame.replace(b"%s", b'"%s"' % CANARY.encode())
    yield "a BOM", b"\xef\xbb\xbf" + good
    yield "UTF-16", good.decode().encode("utf-16")
    yield "garbage behind", good + b" x"
    yield "two", good + good
    yield "NUL behind", good + b"\x00"
    yield "cut", good[:-1]
    yield "blank", b" "
    for name, whole in {"null": b"null", "a number": b"7", "a string": b'"x"', "true": b"true"}.items():
        yield name, whole
    yield "the other bracket", b"{}" if frame.startswith(b"[") else b"[]"
