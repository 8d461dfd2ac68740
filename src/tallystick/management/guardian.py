"""``/guardian`` (auth0.md 7.4): which second factors there are, and who must pass one."""

from __future__ import annotations

from typing import Literal

from ..fields import Field, check_create, field_table
from ..records import Json
from ..tenants.option_registry import OptionRegistry
from .call import Answer, Call, Route
from .description import Body, Many, Shown, Strings

_FACTORS, _FACTOR, _POLICIES = "/guardian/factors", "/guardian/factors/{name}", "/guardian/policies"
SWITCH = field_table((Field(name="enabled", type=bool, required=True, description="Whether people may use it"),))
SHOWN = Shown(
    "Factor",
    field_table(
        (
            Field(name="name", type=str, description="otp, webauthn-roaming, webauthn-platform, recovery-code …"),
            Field(name="enabled", type=bool, description="Whether people may use it"),
            Field(name="trial_expired", type=bool, description="Always false"),
        )
    ),
    id="name",
)
SWITCHED = Shown("FactorSwitch", field_table((Field(name="enabled", type=bool),)))


class GuardianResource:
    """The resource."""

    def __init__(self, options: OptionRegistry) -> None:
        self._options = options

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return (
            Route(
                "GET",
                _FACTORS,
                self._list,
                ("read:guardian_factors", "read:mfa_policies"),
                "List the second factors",
                answers={200: Many(SHOWN)},
            ),
            Route(
                "PUT",
                _FACTOR,
                self._set,
                ("update:guardian_factors",),
                "Switch a second factor on or off",
                body=Body("SetFactor", SWITCH),
                answers={200: SWITCHED},
                problems=(404,),
            ),
            Route(
                "GET",
                _POLICIES,
                self._policies,
                ("read:mfa_policies",),
                "Get who must pass a second factor: nobody, or all-applications",
                answers={200: Strings()},
            ),
            Route(
                "PUT",
                _POLICIES,
                self._set_policies,
                ("update:mfa_policies",),
                "Say who must pass a second factor",
                body=Body("SetPolicies", items=Literal["all-applications"]),
                answers={200: Strings()},
            ),
        )

    async def _list(self, call: Call) -> Answer:
        factors = await self._options.factors(call.tenant.tenant_id)
        return Answer(200, [_shown(name, enabled) for name, enabled in factors.items()])

    async def _set(self, call: Call) -> Answer:
        enabled = check_create(SWITCH, call.body)["enabled"]
        is_on = await self._options.set_factor(
            call.tenant.tenant_id, call.path["name"], enabled, call.now_ms, call.event
        )
        return Answer(200, {"enabled": is_on})

    async def _policies(self, call: Call) -> Answer:
        return Answer(200, await self._options.policies(call.tenant.tenant_id))

    async def _set_policies(self, call: Call) -> Answer:
        changed = await self._options.set_policies(call.tenant.tenant_id, call.items, call.now_ms, call.event)
        return Answer(200, changed)


def _shown(name: str, enabled: bool) -> Json:
    return {"name": name, "enabled": enabled, "trial_expired": False}
