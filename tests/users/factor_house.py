"""People with factors, in a deployment of the test's own, without any page."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import pyotp

from tallystick.errors import OAuthError
from tallystick.tenants.options import FactorPolicy
from tallystick.users.authenticator import Authenticator
from tallystick.users.facts import RequestFacts
from tallystick.users.passkey_options import Site, making_options, user_handle, using_options
from tallystick.users.user import User
from tallystick.users.webauthn import made, read_shown
from tests.inprocess import InProcess
from tests.people import person
from tests.software_authenticator import SoftwareAuthenticator

SITE = Site("https://localhost:8443")
BOUND = ("sign-in", "this browser", "this pending")
POLICY = FactorPolicy(enabled=frozenset({"otp", "webauthn-platform", "recovery-code"}), required=False)
WRONG = "000000"


class FactorHouse:
    """One person, and what they do."""

    def __init__(self, house: InProcess, email: str = "jane@example.org") -> None:
        self.house = house
        self.tenant = house.tenant
        self.user: User = person(house, email)
        self.parts = house.worker.second_factors
        self.key = ""

    @property
    def facts(self) -> RequestFacts:
        """A request at this moment."""
        return self.facts_at(self.house.clock.now_ms())

    def facts_at(self, now_ms: int) -> RequestFacts:
        """The same, for use on the loop."""
        return RequestFacts(tenant=self.tenant, now_ms=now_ms, correlation_id="c", ip="192.0.2.1")

    @property
    def has(self) -> list[Authenticator]:
        """The person's factors."""
        return list(self.house.run(self.parts.factors.enrolled(self.tenant, self.user.user_id)).factors)

    def add_totp(self) -> list[str]:
        """Enrol an authenticator app; the recovery codes."""
        enrolment = self.parts.totp.begin(self.house.clock.now_ms())
        self.key = enrolment.key_text
        factor = self.parts.totp.confirmed(
            enrolment, self.code(), self.tenant.tenant_id, self.user.user_id, "", self.house.clock.now_ms()
        )
        assert factor is not None
        return self.house.run(self.parts.factors.add(self.facts, self.user, factor, POLICY)).recovery_codes

    def add_passkey(self, authenticator: SoftwareAuthenticator, site: Site = SITE, **client_data: Any) -> Authenticator:
        """Enrol a passkey."""
        tenant, now_ms = self.tenant, self.house.clock.now_ms()
        challenge = self.parts.challenges.new(tenant.tenant_id, BOUND, now_ms)
        handle = user_handle(self.house.worker.handles, tenant.tenant_id, self.user.user_id)
        options = making_options(site, tenant.name, self.user, handle, challenge, self.has, ["platform"])
        origin = client_data.pop("origin", site.origin)
        shown = read_shown(authenticator.make(options, origin, **client_data))
        factor = made(shown, site, tenant.tenant_id, self.user.user_id, "", now_ms).passkey
        return self.house.run(self.parts.factors.add(self.facts, self.user, factor, POLICY)).factor

    def options(self, bound: tuple[str, ...] = BOUND) -> dict[str, Any]:
        """What a browser is asked for now."""
        challenge = self.parts.challenges.new(self.tenant.tenant_id, bound, self.house.clock.now_ms())
        return using_options(SITE, challenge, self.has, must_verify=False)

    def passkey(self, text: str, bound: tuple[str, ...] = BOUND) -> str:
        """Use a passkey as second factor; what the log calls it."""
        return self.verdict(self.parts.checks.passkey(self.facts, self.user, read_shown(text), SITE, bound))

    def passkey_alone(self, text: str, bound: tuple[str, ...] = BOUND) -> str:
        """Use it as the only factor, likewise."""
        return self.verdict(self.parts.checks.passkey_alone(self.facts, read_shown(text), SITE, bound))

    def code(self, seconds: float = 0) -> str:
        """What the app shows, so many seconds from now."""
        return pyotp.TOTP(self.key).at(round(self.house.clock.now_ms() / 1000 + seconds))

    def type(self, code: str) -> str:
        """Type a code; what the log calls it."""
        return self.verdict(self.parts.checks.code(self.facts, self.user, code))

    def type_recovery(self, code: str) -> str:
        """Type a recovery code, likewise."""
        return self.verdict(self.parts.checks.recovery_code(self.facts, self.user, code))

    def verdict(self, work: Coroutine[Any, Any, Any]) -> str:
        """``passed``, or the check that refused."""

        async def judge() -> str:
            try:
                await work
            except OAuthError as error:
                return error.check
            return "passed"

        return self.house.run(judge())
