"""``/actions/actions``: the code that Auth0 runs within a sign-in. There is none here, and the list says so.

auth0-deploy-cli reads this list on every import and stops when it may not: the one empty list of Auth0's that a refusal
cannot stand for. To make an action is refused like everything else that is not offered.
"""

from __future__ import annotations

from ..fields import Field, field_table
from .call import Answer, Call, Route
from .description import Shown
from .pagination import PAGE_DEFAULT, PARAMETERS, page_of

_FILTERS = ("triggerId", "actionName")
_SWITCHES = ("deployed", "installed")
QUERY = field_table(
    (
        *PARAMETERS.values(),
        *(Field(name=name, type=str, description="Taken, since the list is empty anyway") for name in _FILTERS),
        *(Field(name=name, type=bool, description="Likewise") for name in _SWITCHES),
    )
)
SHOWN = Shown(
    "Actions",
    field_table(
        (
            Field(name="actions", type=list[str], description="Always empty"),
            Field(name="total", type=int),
            Field(name="page", type=int),
            Field(name="per_page", type=int),
        )
    ),
)


class ActionResource:
    """The resource."""

    def routes(self) -> tuple[Route, ...]:
        """Its row of the route table."""
        return (
            Route(
                "GET",
                "/actions/actions",
                self._list,
                ("read:actions",),
                "List the actions: there are none",
                query=QUERY,
                answers={200: SHOWN},
            ),
        )

    async def _list(self, call: Call) -> Answer:
        page = page_of(call.query)
        per_page = page.limit or PAGE_DEFAULT
        return Answer(200, {"actions": [], "total": 0, "page": page.offset // per_page, "per_page": per_page})
