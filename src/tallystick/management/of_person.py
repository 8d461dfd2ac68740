"""What belongs to one person, as the calls below ``/users/{id}`` need it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from ..records import Json
from ..users.accounts import Accounts
from ..users.user import User
from .call import Call
from .pagination import Page

T = TypeVar("T")


async def person_of(accounts: Accounts, call: Call) -> User:
    """The person that the path names. Raises NotFound."""
    return await accounts.get(call.tenant.tenant_id, call.path["id"])


async def page_of_list(page: Page, entity: str, found: Sequence[T], shape: Callable[[T], Json]) -> object:
    """A page of what is at hand: one person has so little that it is read whole."""

    async def find(*, offset: int, limit: int | None) -> Sequence[T]:
        return found[offset:] if limit is None else found[offset : offset + limit]

    async def count() -> int:
        return len(found)

    return await page.body(entity, find, count, shape)
