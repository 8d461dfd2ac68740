"""``/profile-gaps``: every application as a floor would find it. Ours, for whoever is about to set one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..clients.profile_gaps import ProfileGap, ProfileGaps
from ..fields import Field, field_table
from ..profiles import FloorName
from ..records import Json
from ..tenants.settings import compliance_level_floor
from .call import Answer, Call, Route
from .description import Pages, Shown
from .pagination import PARAMETERS, page_of
from .query import value_of

FLOOR = Field(
    name="floor",
    type=FloorName,
    description="The profile to judge by, beside each application's own; unless given the tenant's floor",
)
GAP = Shown(
    "ProfileGap",
    field_table(
        (
            Field(name="client_id", type=str),
            Field(name="name", type=str),
            Field(name="compliance_level", type=str),
            Field(name="exempt", type=bool, description="Whether no floor counts for it"),
            Field(
                name="problems",
                type=list[dict[str, Any]],
                description="What would not do: path, reason, and weight (wrong, lacking or idle)",
            ),
        )
    ),
    optional=("compliance_level",),
    id="client_id",
)


class ProfileGapResource:
    """The resource."""

    def __init__(self, gaps: ProfileGaps) -> None:
        self._gaps = gaps

    def routes(self) -> tuple[Route, ...]:
        """Its row of the route table."""
        return (
            Route(
                "GET",
                "/profile-gaps",
                self._list,
                ("read:clients",),
                "List the applications with what of each would not meet a floor; nothing is changed",
                query=field_table((*PARAMETERS.values(), FLOOR)),
                answers={200: Pages(GAP, "profile_gaps")},
            ),
        )

    async def _list(self, call: Call) -> Answer:
        tenant_id = call.tenant.tenant_id
        floor = value_of(call.query, FLOOR) or compliance_level_floor(call.tenant)

        async def find(*, offset: int, limit: int | None) -> Sequence[ProfileGap]:
            return await self._gaps.under(tenant_id, floor, call.now_ms, offset=offset, limit=limit)

        async def count() -> int:
            return await self._gaps.count(tenant_id)

        return Answer(200, await page_of(call.query).body("profile_gaps", find, count, _shown))


def _shown(gap: ProfileGap) -> Json:
    level = {} if gap.client.compliance_level is None else {"compliance_level": gap.client.compliance_level}
    return {
        "client_id": gap.client.client_id,
        "name": gap.client.name,
        **level,
        "exempt": gap.is_exempt,
        "problems": [
            {"path": problem.path, "reason": problem.reason, "weight": problem.weight} for problem in gap.problems
        ],
    }
