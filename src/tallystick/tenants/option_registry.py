"""The one writer of options: every door that changes one goes through here."""

from __future__ import annotations

from collections.abc import Callable, Collection

from ..errors import InvalidField, NotFound, NotPermitted
from ..fields import check_update, merged
from ..records import Decision, Json, Writer
from .option import CONNECTION, GUARDIAN_FACTORS, GUARDIAN_POLICIES, TenantOption
from .option_fields import ALL_APPLICATIONS, CONNECTION_FIELDS, CONNECTION_OPTION_FIELDS, FACTORS, OPTION_FIELDS
from .options import factors_shown, shown
from .registry import Log

KEPT_OF_CONNECTION = ("display_name", "metadata", "options")


class OptionRegistry:
    """Reads what was set, as the database has it now, and changes it."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._records = writer.records

    async def document(self, tenant_id: str, name: str) -> Json:
        """A document of `option_fields.OPTION_FIELDS` as it is in force."""
        return shown(OPTION_FIELDS[name], await self._value(tenant_id, name))

    async def update(self, tenant_id: str, name: str, body: Json, now_ms: int, log: Log) -> Json:
        """Lay the body over a document: by member, and by those inside a member; null brings the default back.

        Raises InvalidField.
        """
        table = OPTION_FIELDS[name]

        def change(value: Json) -> Json:
            return laid_over(value, check_update(table, body))

        description = f"Update {name.replace('-', ' ')}"
        return shown(table, await self._change(tenant_id, name, change, now_ms, log, description, body))

    async def connection(self, tenant_id: str) -> Json:
        """The connection: ``options`` in force, ``display_name`` and ``metadata`` if there are any."""
        return _connection(await self._value(tenant_id, CONNECTION))

    async def update_connection(self, tenant_id: str, name: str, body: Json, now_ms: int, log: Log) -> Json:
        """Change the connection, which is called ``name``. ``options`` replaces all of them, as with Auth0.

        Raises InvalidField.
        """

        def change(value: Json) -> Json:
            update = check_update(CONNECTION_FIELDS, body)
            if update.get("realms") not in (None, [name]):
                raise InvalidField("realms", f"The only realm is {name}", check="connection.realms")
            if update.get("options") is not None:
                update["options"] = merged({}, check_update(CONNECTION_OPTION_FIELDS, update["options"]))
            if update.get("metadata") is not None:
                update["metadata"] = merged(value.get("metadata") or {}, update["metadata"])
            kept = {member: update[member] for member in KEPT_OF_CONNECTION if member in update}
            return merged(value, kept)

        return _connection(await self._change(tenant_id, CONNECTION, change, now_ms, log, "Update a connection", body))

    async def factors(self, tenant_id: str) -> dict[str, bool]:
        """Every factor's name → whether people may use it."""
        return factors_shown(await self._value(tenant_id, GUARDIAN_FACTORS))

    async def set_factor(self, tenant_id: str, name: str, enabled: bool, now_ms: int, log: Log) -> bool:
        """Switch a factor on or off. Raises NotFound, and NotPermitted for one that is not offered here."""
        if name not in FACTORS:
            raise NotFound("The factor does not exist", error_code="inexistent_factor")
        if enabled and not FACTORS[name]:
            raise NotPermitted(
                f"The factor {name} is not offered", error_code="operation_not_supported", check="factor.offered"
            )

        def change(value: Json) -> Json:
            return value | ({name: enabled} if FACTORS[name] else {})

        body = {name: enabled}
        return factors_shown(
            await self._change(tenant_id, GUARDIAN_FACTORS, change, now_ms, log, "Update a second factor", body)
        )[name]

    async def policies(self, tenant_id: str) -> list[str]:
        """Who must pass a second factor: nobody, or everybody."""
        return list((await self._value(tenant_id, GUARDIAN_POLICIES)).get("policies", []))

    async def set_policies(self, tenant_id: str, policies: Collection[str], now_ms: int, log: Log) -> list[str]:
        """Say who must. Raises InvalidField."""
        if unknown := sorted(set(policies) - {ALL_APPLICATIONS}):
            raise InvalidField("", f"Not supported: {', '.join(unknown)[:100]}", check="factor.policy")

        def change(_value: Json) -> Json:
            return {"policies": sorted(set(policies))}

        value = await self._change(
            tenant_id, GUARDIAN_POLICIES, change, now_ms, log, "Update the second factor policy", {"policies": policies}
        )
        return list(value["policies"])

    async def _value(self, tenant_id: str, name: str) -> Json:
        option = await self._records.get(TenantOption, tenant_id, name)
        return {} if option is None else option.value

    async def _change(
        self,
        tenant_id: str,
        name: str,
        change: Callable[[Json], Json],
        now_ms: int,
        log: Log,
        description: str,
        body: Json,
    ) -> Json:
        async def decide() -> Decision[Json]:
            value = change(await self._value(tenant_id, name))
            option = TenantOption(tenant_id=tenant_id, name=name, value=value, updated_at_ms=now_ms)
            return Decision(value, saves=(option,), events=(log(description, option=name, changed=sorted(body)),))

        return await self._writer.carry_out(tenant_id, decide)


def laid_over(value: Json, update: Json) -> Json:
    """``value`` with the update over it, member by member; an object inside is merged likewise."""
    changed = {
        name: merged(value[name], one) if isinstance(one, dict) and isinstance(value.get(name), dict) else one
        for name, one in update.items()
    }
    return merged(value, changed)


def _connection(value: Json) -> Json:
    options: Json = shown(CONNECTION_OPTION_FIELDS, value.get("options") or {})
    return {**{member: value[member] for member in KEPT_OF_CONNECTION if member in value}, "options": options}
