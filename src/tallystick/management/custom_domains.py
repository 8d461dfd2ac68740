"""``/custom-domains`` (auth0.md 4.8): names of the tenant's own, how they are proven, and the key of their proxy."""

from __future__ import annotations

from collections.abc import Sequence

from ..fields import Field, FieldTable, check_update, field_table
from ..records import Json
from ..tenants.custom_domain import CustomDomain
from ..tenants.domain_fields import CUSTOM_DOMAIN_FIELDS, DEFAULT_FIELDS, ROTATION_FIELDS
from ..tenants.domain_registry import CustomDomains
from .call import Answer, Call, Route
from .custom_domain_body import DEFAULT, SHOWN, TESTED, WITH_KEY, body_with_key, default_body, domain_body
from .description import Body, Pages
from .domain_query import check_search, check_sort, search_of, sorted_by
from .field_choice import FIELDS_PARAMETERS, field_choice
from .pagination import PARAMETERS, page_of

ENTITY = "custom_domains"
_LIST = "/custom-domains"
_ONE = "/custom-domains/{id}"
_DEFAULT = "/custom-domains/default"
_READ, _CREATE = ("read:custom_domains",), ("create:custom_domains",)
_UPDATE, _DELETE = ("update:custom_domains",), ("delete:custom_domains",)
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
        verified = await self._domains.verify(call.tenant, call.path["id"], call.now_ms, call.event)
        return Answer(200, body_with_key(verified))

    async def _rotate_key(self, call: Call) -> Answer:
        rotated = await self._domains.rotate_key(call.tenant, call.path["id"], call.body, call.now_ms, call.event)
        return Answer(200, body_with_key(rotated))

    async def _test(self, call: Call) -> Answer:
        check_update(NO_MEMBERS, call.body)
        tested = await self._domains.test(call.tenant, call.path["id"])
        return Answer(200, {"success": tested.success, **({"message": tested.message} if tested.message else {})})

    async def _default(self, call: Call) -> Answer:
        return Answer(200, default_body(await self._domains.default(call.tenant)))

    async def _set_default(self, call: Call) -> Answer:
        chosen = await self._domains.set_default(call.tenant, call.body, call.now_ms, call.event)
        return Answer(200, default_body(chosen))
