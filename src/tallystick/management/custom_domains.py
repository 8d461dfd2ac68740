"""``/custom-domains`` (auth0.md 4.8): names of the tenant's own, how they are proven, and the key of their proxy."""

from __future__ import annotations

from collections.abc import Sequence

from ..clients.dates import DATE, to_wire
from ..fields import Field, FieldTable, check_update, field_table
from ..records import Json
from ..tenants.custom_domain import CustomDomain
from ..tenants.domain_fields import CUSTOM_DOMAIN_FIELDS, DEFAULT_FIELDS, ROTATION_FIELDS
from ..tenants.domain_registry import CustomDomains, DomainWithKey
from ..tenants.domain_rules import TXT_PREFIX
from .call import Answer, Call, Route
from .description import Body, Pages, Shown
from .domain_query import check_search, check_sort, search_of, sorted_by
from .field_choice import FIELDS_PARAMETERS, field_choice
from .pagination import PARAMETERS, page_of

ENTITY = "custom_domains"
_LIST = "/custom-domains"
_ONE = "/custom-domains/{id}"
_DEFAULT = "/custom-domains/default"
_READ, _CREATE = ("read:custom_domains",), ("create:custom_domains",)
_UPDATE, _DELETE = ("update:custom_domains",), ("delete:custom_domains",)
_MEMBERS = ("tls_policy", "custom_client_ip_header", "domain_metadata", "relying_party_identifier")
"""Members that are shown as they were set, and left out while they have no value."""

_FIELDS = (
    Field(name="custom_domain_id", type=str),
    Field(name="domain", type=str),
    Field(name="primary", type=bool, description="The same as is_default"),
    Field(name="is_default", type=bool),
    Field(name="status", type=str, description="pending_verification or ready"),
    Field(name="type", type=str, description="self_managed_certs or auth0_managed_certs"),
    Field(name="verification", type=Json, description="The TXT record to make, and how the last look for it went"),
    *(Field(name=name, type=CUSTOM_DOMAIN_FIELDS[name].type, nullable=True) for name in _MEMBERS),
    Field(name="origin_domain_name", type=str, description="The Host by which the proxy forwards"),
    Field(name="created_at", type=DATE),
)
_KEY = Field(name="cname_api_key", type=str, description="The proxy's key; only in the answer that made it")
_OPTIONAL = (*_MEMBERS, "origin_domain_name")
SHOWN = Shown("CustomDomain", field_table(_FIELDS), optional=_OPTIONAL, id="custom_domain_id")
WITH_KEY = Shown("CustomDomainWithKey", field_table((*_FIELDS, _KEY)), optional=(*_OPTIONAL, "cname_api_key"))
DEFAULT = Shown(
    "DefaultDomain", field_table(_FIELDS), optional=tuple(field.name for field in _FIELDS if field.name != "domain")
)
"""A custom domain; or ``domain`` alone, which is then the tenant's own host."""
TESTED = Shown(
    "CustomDomainTest",
    field_table((Field(name="success", type=bool), Field(name="message", type=str, description="What is missing"))),
    optional=("message",),
)
NO_MEMBERS: FieldTable = {}
"""The body of a call that takes none: empty, or an empty object."""
_SEARCH = field_table(
    (
        Field(name="q", type=str, check=check_search, description='Terms such as status:ready, joined by " AND "'),
        Field(name="sort", type=str, check=check_sort, description="member:1 or member:-1"),
    )
)


class CustomDomainResource:
    """The resource."""

    def __init__(self, domains: CustomDomains) -> None:
        self._domains = domains

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return (
            Route(
                "GET",
                _LIST,
                self._list,
                _READ,
                "List the custom domains",
                query={**PARAMETERS, **FIELDS_PARAMETERS, **_SEARCH},
                answers={200: Pages(SHOWN, ENTITY)},
            ),
            Route(
                "POST",
                _LIST,
                self._create,
                _CREATE,
                "Register a custom domain",
                body=Body("CreateCustomDomain", CUSTOM_DOMAIN_FIELDS),
                answers={201: SHOWN},
                problems=(409,),
            ),
            Route("GET", _DEFAULT, self._default, _READ, "Get the default domain", answers={200: DEFAULT}),
            Route(
                "PATCH",
                _DEFAULT,
                self._set_default,
                _UPDATE,
                "Set the default domain",
                body=Body("SetDefaultDomain", DEFAULT_FIELDS),
                answers={200: DEFAULT},
                problems=(404,),
            ),
            Route("GET", _ONE, self._get, _READ, "Get a custom domain", answers={200: SHOWN}, problems=(404,)),
            Route(
                "PATCH",
                _ONE,
                self._update,
                _UPDATE,
                "Update a custom domain",
                body=Body("UpdateCustomDomain", CUSTOM_DOMAIN_FIELDS, update=True),
                answers={200: SHOWN},
                problems=(404,),
            ),
            Route("DELETE", _ONE, self._erase, _DELETE, "Delete a custom domain", answers={204: None}),
            Route(
                "POST",
                _ONE + "/verify",
                self._verify,
                _CREATE,
                "Verify a custom domain by its TXT record",
                body=Body("VerifyCustomDomain", NO_MEMBERS, update=True),
                answers={200: WITH_KEY},
                problems=(404, 409),
            ),
            Route(
                "POST",
                _ONE + "/test",
                self._test,
                _READ,
                "Test whether the DNS has what a verified domain needs",
                body=Body("TestCustomDomain", NO_MEMBERS, update=True),
                answers={200: TESTED},
                problems=(404, 409),
            ),
            Route(
                "POST",
                _ONE + "/rotate-key",
                self._rotate_key,
                _UPDATE,
                "Make a new key for the domain's proxy",
                body=Body("RotateCustomDomainKey", ROTATION_FIELDS),
                answers={200: WITH_KEY},
                problems=(404, 409),
            ),
        )

    async def _list(self, call: Call) -> Answer:
        fits, choice = search_of(call.query.get("q", "")), field_choice(call.query)
        found = [domain for domain in await self._domains.every(call.tenant.tenant_id) if fits(domain)]
        if "sort" in call.query:
            found = sorted_by(found, call.query["sort"])

        async def find(*, offset: int, limit: int | None) -> Sequence[CustomDomain]:
            return found[offset:] if limit is None else found[offset : offset + limit]

        async def count() -> int:
            return len(found)

        def shape(domain: CustomDomain) -> Json:
            return choice.of(domain_body(domain))

        return Answer(200, await page_of(call.query).body(ENTITY, find, count, shape))

    async def _get(self, call: Call) -> Answer:
        return Answer(200, domain_body(await self._domains.get(call.tenant.tenant_id, call.path["id"])))

    async def _create(self, call: Call) -> Answer:
        return Answer(201, domain_body(await self._domains.create(call.tenant, call.body, call.now_ms, call.event)))

    async def _update(self, call: Call) -> Answer:
        changed = await self._domains.update(call.tenant, call.path["id"], call.body, call.now_ms, call.event)
        return Answer(200, domain_body(changed))

    async def _erase(self, call: Call) -> Answer:
        await self._domains.erase(call.tenant, call.path["id"], call.event)
        return Answer(204)

    async def _verify(self, call: Call) -> Answer:
        check_update(NO_MEMBERS, call.body)
        return _with_key(await self._domains.verify(call.tenant, call.path["id"], call.now_ms, call.event))

    async def _rotate_key(self, call: Call) -> Answer:
        rotated = await self._domains.rotate_key(call.tenant, call.path["id"], call.body, call.now_ms, call.event)
        return _with_key(rotated)

    async def _test(self, call: Call) -> Answer:
        check_update(NO_MEMBERS, call.body)
        tested = await self._domains.test(call.tenant, call.path["id"])
        return Answer(200, {"success": tested.success, **({"message": tested.message} if tested.message else {})})

    async def _default(self, call: Call) -> Answer:
        return Answer(200, _default_body(await self._domains.default(call.tenant)))

    async def _set_default(self, call: Call) -> Answer:
        chosen = await self._domains.set_default(call.tenant, call.body, call.now_ms, call.event)
        return Answer(200, _default_body(chosen))


def domain_body(domain: CustomDomain) -> Json:
    """The domain as administrators see it; of its key there is nothing."""
    body: Json = {
        "custom_domain_id": domain.custom_domain_id,
        "domain": domain.domain,
        "primary": domain.is_default,
        "is_default": domain.is_default,
        "status": domain.status,
        "type": domain.type,
        "verification": _verification(domain),
        **{name: domain.metadata[name] for name in _MEMBERS if name in domain.metadata},
    }
    if domain.origin_domain_name is not None:
        body["origin_domain_name"] = domain.origin_domain_name
    return {**body, "created_at": to_wire(domain.created_at_ms)}


def _verification(domain: CustomDomain) -> Json:
    verification = domain.verification
    method = {"name": "TXT", "record": verification.record, "domain": TXT_PREFIX + domain.domain}
    return {
        "methods": [method],
        "status": verification.status,
        "error_msg": verification.error_msg,
        "last_verified_at": to_wire(verification.last_verified_at_ms),
    }


def _with_key(made: DomainWithKey) -> Answer:
    key = {} if made.cname_api_key is None else {"cname_api_key": made.cname_api_key}
    return Answer(200, domain_body(made.domain) | key)


def _default_body(found: CustomDomain | str) -> Json:
    return {"domain": found} if isinstance(found, str) else domain_body(found)
