"""Tables of the documentation that are read from the code. `python -m tests.docs.tables` writes them into the pages.

A page holds `<!-- table: name -->` and `<!-- end -->`; what stands between them is the table's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast
from unittest.mock import MagicMock

import msgspec

from tallystick import metrics
from tallystick.apis.client_grant_fields import CLIENT_GRANT_FIELDS
from tallystick.apis.resource_server_fields import RESOURCE_SERVER_FIELDS
from tallystick.app import Worker, management_resources
from tallystick.authorization import request_object
from tallystick.cli.exits import MEANING
from tallystick.clientauth import presented, private_key_jwt
from tallystick.clientauth.table import METHODS
from tallystick.clients import authority_registry, credential_fields, secrets
from tallystick.clients.credential_fields import CREDENTIAL_FIELDS
from tallystick.clients.metadata import CLIENT_FIELDS
from tallystick.clients.metadata_scopes import scope_to_update, scopes_to_read
from tallystick.clients.usage import USAGE_TYPES
from tallystick.endpoints.table import PUBLIC_URLS
from tallystick.errors import OAUTH_STATUS
from tallystick.events import LOG_TYPES
from tallystick.explanations.table import ROOMS
from tallystick.fields import UNSET, Field, FieldTable
from tallystick.front import dropped, framing, protocol
from tallystick.front.dropped import REASONS
from tallystick.front.forwarded.table import FORMS
from tallystick.front.life import Life, LifeCollector
from tallystick.jose import algorithms
from tallystick.jose.algorithms import ALGORITHMS, HEADER_NAMES
from tallystick.jose.encryption_algorithms import KEY_ALGS, algs_of
from tallystick.jose.pem import TEXT_CHARS_MAX
from tallystick.management.log_tree import ALIASES
from tallystick.management.log_tree import FIELDS as FIELDS_OF_LOG
from tallystick.management.not_offered import NOT_OFFERED
from tallystick.management.routes import PREFIX, RouteTable
from tallystick.metrics import Counted
from tallystick.sender.constrain import (
    ALLOWED,
    CLIENT,
    DECISIONS,
    ISSUE_BOUND,
    ISSUE_UNBOUND,
    NOBODY,
    NONE,
    PROFILE,
    REFUSE,
    REQUIRED,
)
from tallystick.settings import FIELDS, LIVE
from tallystick.signing.key import ENCRYPTION_ALGS
from tallystick.signing.make import SIGNING_ALGS
from tallystick.signing.published import header_alg
from tallystick.tenants.domain_fields import CUSTOM_DOMAIN_FIELDS
from tallystick.tenants.setting_fields import SETTINGS
from tallystick.tokens.access_token import DIALECTS
from tallystick.web import parameters, request

from .markdown import code, table
from .pages import PAGES
from .profile_tables import levels, profiles

MARKED = re.compile(r"(?P<begin><!-- table: (?P<name>[a-z-]+) -->\n)(?P<table>.*?)(?P<end><!-- end -->)", re.DOTALL)
SHOWN: dict[type, str] = {
    presented.PresentedSecret: "a client id and a secret",
    presented.PresentedAssertion: "`client_assertion`",
    presented.PresentedNothing: "`client_id` alone",
}


def settings() -> str:
    """Everything a deployment can be told."""
    rows = (
        (code(f.name), "-" if f.secret else code(f.option), code(f.variable), _default(f.default), f.help)
        for f in FIELDS
    )
    return table("key in the file | option | environment | default | meaning", rows)


def _default(value: object) -> str:
    if value is None or value is UNSET:
        return "-"
    return code(value if isinstance(value, Path) else msgspec.json.encode(value).decode())


def exit_statuses() -> str:
    """How a command ends."""
    return table("status | meaning", MEANING.items())


def methods() -> str:
    """Client authentication methods."""
    rows = (
        (code(name), SHOWN[method.presented_as], code(*USAGE_TYPES.get(name, ())) or _own_type(name))
        for name, method in METHODS.items()
    )
    return table("method | what the request shows | credential types that serve it", rows)


def _own_type(name: str) -> str:
    return "none" if name == "none" else code("client_secret")


def usages() -> str:
    """What a credential can serve."""
    return table("usage | credential types", ((code(usage), code(*types)) for usage, types in USAGE_TYPES.items()))


def credential_types() -> str:
    """Members of a credential's body, by type."""
    common = set.intersection(*(set(fields) for fields in CREDENTIAL_FIELDS.values()))
    rows = [("every type", code(*sorted(common)))]
    rows += [
        (code(kind), code(*(n for n in fields if n not in common)) or "-") for kind, fields in CREDENTIAL_FIELDS.items()
    ]
    return table("type | members", rows)


def signature_algorithms() -> str:
    """What assertions may be signed with."""
    rows = (
        (code(*(spelling for spelling, canonical in HEADER_NAMES.items() if canonical == name)), entry.crv or entry.kty)
        for name, entry in ALGORITHMS.items()
    )
    return table("`alg` | key", rows)


def request_object_rules() -> str:
    """What a request object is asked for, in order."""
    rules = (*request_object.HEAD, *request_object.BODY)
    return table("rule | demands | by", ((code(rule.name), rule.demands, rule.clause) for rule in rules))


def limits() -> str:
    """Numbers that a request can run into."""
    rows = (
        ("request line and headers", f"{framing.HEAD_BYTES_MAX // 1024} KiB, {framing.HEADERS_MAX} headers"),
        ("request body", f"{request.BODY_BYTES_MAX // 1024} KiB"),
        ("time for a request to arrive", f"{protocol.REQUEST_TIMEOUT_S:.0f} s"),
        ("parameters of a token request", parameters.PARAMETERS_MAX),
        ("client assertion", f"{presented.ASSERTION_BYTES_MAX} bytes"),
        ("`iss`, `sub` and `jti` of an assertion", f"{private_key_jwt.NAME_CHARS_MAX} characters"),
        ("life of an assertion", f"{private_key_jwt.LIFE_MS_MAX // 1000} s"),
        ("clock skew", f"{private_key_jwt.SKEW_MS // 1000} s"),
        ("PEM of a key or certificate", f"{TEXT_CHARS_MAX} characters"),
        ("RSA keys", f"{algorithms.RSA_BITS_MIN} to {algorithms.RSA_BITS_MAX} bits"),
        ("a secret you choose yourself", f"{secrets.SECRET_CHARS_MIN} to {secrets.SECRET_CHARS_MAX} characters"),
        ("`overlap_s` of a secret's rotation", f"{credential_fields.OVERLAP_S_MAX} s"),
        ("subject of `cert_subject_dn`", f"{credential_fields.SUBJECT_DN_CHARS_MAX} characters"),
        ("intermediates of one authority", authority_registry.INTERMEDIATES_MAX),
    )
    return table("what | most", rows)


def routes() -> str:
    """Every call of the Management API."""
    # Only the table is read: no resource does anything with what it is given here.
    worker = MagicMock()
    rows = RouteTable(management_resources(cast(Worker, worker), lambda: ())).routes
    return table(
        "call | needs one of the scopes",
        ((f"`{route.method} {PREFIX}{route.path}`", code(*route.scopes)) for route in rows),
    )


def not_offered() -> str:
    """Paths that Auth0 has and this server does not."""
    return code(*NOT_OFFERED) + "\n"


def client_fields() -> str:
    """Members of a client."""
    rows = (
        (code(field.name), *_described(field), code(*scopes_to_read(field.name)), code(scope_to_update(field.name)))
        for field in _settable(CLIENT_FIELDS)
    )
    return table("member | type | default | meaning | shown with one of | changed with", rows)


def _fields(fields: FieldTable) -> str:
    rows = ((code(field.name), *_described(field)) for field in _settable(fields))
    return table("member | type | default | meaning", rows)


def _settable(fields: FieldTable) -> list[Field]:
    return [field for field in fields.values() if not field.read_only]


def _described(field: Field) -> tuple[str, str, str]:
    notes = [field.description]
    notes += ["required"] if field.required else []
    notes += ["only on creation"] if not field.on_update else []
    notes += ["only on update"] if not field.on_create else []
    return _type(field.type), _default(field.default), "; ".join(note for note in notes if note)


def _type(kind: Any) -> str:
    """A type in few words, out of its JSON schema."""
    if kind is Any:
        return "any"
    schema = msgspec.json.schema(kind)
    schema = schema.get("$defs", {}).get(schema.get("$ref", "").rpartition("/")[2], schema)
    if "enum" in schema:
        return code(*schema["enum"]) or "nothing"
    if schema.get("maxItems") == 0:
        return "empty array"
    words = str(schema.get("type", "any"))
    if words == "array":
        words += " of " + _items(schema.get("items", {}))
    largest = next((schema[key] for key in ("maximum", "maxLength", "maxItems") if key in schema), None)
    smallest = next((schema[key] for key in ("minimum", "minLength") if key in schema), None)
    if largest is not None:
        words += f", {smallest} to {largest}" if smallest is not None else f", at most {largest}"
    return words


def _items(schema: dict[str, Any]) -> str:
    return code(*schema["enum"]) if "enum" in schema else str(schema.get("type", "object"))


def dialects() -> str:
    """How an access token is written."""
    rows = (
        (code(name), code(d.typ), code(d.client_claim), *(_mark(x) for x in (d.has_jti, d.has_gty, d.has_permissions)))
        for name, d in DIALECTS.items()
    )
    return table("`token_dialect` | `typ` | client in | `jti` | `gty` | `permissions`", rows)


def _mark(has: bool) -> str:
    return "yes" if has else "-"


def bindings() -> str:
    """Which token is bound."""
    words = {ISSUE_UNBOUND: "unbound", ISSUE_BOUND: "bound", REFUSE: "refused"}
    who = {NOBODY: "nobody", CLIENT: "the client: `require_proof_of_possession`", PROFILE: "its profile"}
    rows = (
        (who[demanded_by], _mark(sent), *(words[policies[policy]] for policy in (NONE, ALLOWED, REQUIRED)))
        for (demanded_by, sent), policies in DECISIONS.items()
    )
    return table("who demands a bound token | proof shown | API: null | `required: false` | `required: true`", rows)


def encryption_algorithms() -> str:
    """What may be encrypted with what, and which of it to the server."""
    to_us = {alg for key_alg in ENCRYPTION_ALGS for alg in algs_of(key_alg)}
    rows = (
        (
            code(name),
            f"RSA, {entry.bits_min} to {entry.bits_max} bits"
            if entry.kty == "RSA"
            else ", ".join(map(str, entry.curves)),
            "yes" if name in to_us else "-",
        )
        for name, entry in KEY_ALGS.items()
    )
    return table("`alg` | key of the recipient | also to the server", rows)


def signing_algorithms() -> str:
    """What tokens are signed with."""
    return table(
        "`signing_alg` of the API | `alg` in the token", ((code(a), code(header_alg(a))) for a in SIGNING_ALGS)
    )


def public_urls() -> str:
    """URLs of the protocol."""
    rows = (
        (f"`/{url.path}`", code(url.metadata_name) if url.metadata_name else "-", _mark(url.has_mtls_alias))
        for url in PUBLIC_URLS
    )
    return table("path | in discovery | among `mtls_endpoint_aliases`", rows)


def oauth_errors() -> str:
    """Error codes."""
    return table("`error` | status", ((code(name), status) for name, status in OAUTH_STATUS.items()))


def hints(room: str) -> str:
    """What the refusals of a room mean."""
    rows = ((code(check), hint.says, hint.clause or "-") for check, hint in sorted(ROOMS[room].items()))
    return table("check | what is wrong, and what to do | clause", rows)


def log_types() -> str:
    """Types of log rows."""
    return table(
        "`type` | in words | meaning", ((code(name), type_.words, type_.meaning) for name, type_ in LOG_TYPES.items())
    )


def log_fields() -> str:
    """What the log can be asked for."""
    short = {name: alias for alias, name in ALIASES.items()}
    return code(*(f"{name} ({short[name]})" if name in short else name for name in FIELDS_OF_LOG)) + "\n"


def proxy_forms() -> str:
    rows = []
    for form in FORMS.values():
        first, *rest = (f"`{header.name.decode()}`" for header in form.headers)
        largest = " / ".join(f"{header.bytes_max // 1024} KiB" for header in form.headers)
        rows.append((f"`{form.name}`", first, form.value, ", ".join(rest) or "-", largest, form.source))
    return table("form | header | holds | second header | at most | source", rows)


def dropped_reasons() -> str:
    return table("reason | what to do", ((f"`{reason}`", advice) for reason, advice in REASONS.items()))


def metric_names() -> str:
    """Everything that /metrics can say."""
    counted: list[Any] = [one._counter if isinstance(one, Counted) else one._histogram for one in metrics.BUNDLED]
    looked_at = [dropped.DROPPED, metrics.DATABASE_SILENT, metrics.SIGNING_KEY_SINCE]
    told: list[Any] = list(LifeCollector(Life(), dict).collect())
    rows = [(_series(one._name, one._type), one._labelnames, one._documentation) for one in counted + looked_at]
    rows += [(_series(one.name, one.type), getattr(one, "_labelnames", ()), one.documentation) for one in told]
    return table(
        "metric | labels | what it counts", ((code(name), code(*labels) or "-", text) for name, labels, text in rows)
    )


def _series(name: str, kind: str) -> str:
    return f"{name}_total" if kind == "counter" else name


def live_settings() -> str:
    """What a reload applies."""
    return code(*(field.name for field in FIELDS if field.name in LIVE)) + "\n"


TABLES: dict[str, Callable[[], str]] = {
    "live-settings": live_settings,
    "metrics": metric_names,
    "settings": settings,
    "exit-statuses": exit_statuses,
    "methods": methods,
    "usages": usages,
    "credential-types": credential_types,
    "signature-algorithms": signature_algorithms,
    "profiles": profiles,
    "levels": levels,
    "request-object-rules": request_object_rules,
    "limits": limits,
    "routes": routes,
    "not-offered": not_offered,
    "client-fields": client_fields,
    "resource-server-fields": lambda: _fields(RESOURCE_SERVER_FIELDS),
    "client-grant-fields": lambda: _fields(CLIENT_GRANT_FIELDS),
    "custom-domain-fields": lambda: _fields(CUSTOM_DOMAIN_FIELDS),
    "tenant-settings": lambda: _fields(SETTINGS),
    "dialects": dialects,
    "bindings": bindings,
    "signing-algorithms": signing_algorithms,
    "encryption-algorithms": encryption_algorithms,
    "public-urls": public_urls,
    "oauth-errors": oauth_errors,
    "log-types": log_types,
    **{f"hints-{room.lower().replace(' ', '-')}": partial(hints, room) for room in ROOMS},
    "log-fields": log_fields,
    "proxy-forms": proxy_forms,
    "dropped-reasons": dropped_reasons,
}


def written(text: str) -> str:
    """A page's text with every table as the code has it now."""
    return MARKED.sub(lambda found: found["begin"] + "\n" + TABLES[found["name"]]() + "\n" + found["end"], text)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(written(page.read_text()))
