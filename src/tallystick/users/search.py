"""Searching people: what can be asked for, as a tree that `storage` turns into a statement. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Protocol

import msgspec

from .attempts import FailedAttempts
from .user import User


class Kind(Enum):
    """Where a value is kept, and so how it compares."""

    ID = "id"
    """A column of text, compared exactly."""
    TEXT = "text"
    """A column of text, compared in any case."""
    FLAG = "flag"
    NUMBER = "number"
    DATE = "date"
    PROFILE = "profile"
    """A member of ``metadata``, compared in any case."""


class Searchable(msgspec.Struct, frozen=True):
    """One thing to search by."""

    kind: Kind
    place: tuple[str, ...]
    """The column, or the path within ``metadata``."""


_PROFILE = (
    *("name", "nickname", "given_name", "middle_name", "family_name", "preferred_username", "phone_number"),
    *("picture", "profile", "website", "gender", "birthdate", "zoneinfo", "locale"),
)
SEARCHABLE: Mapping[str, Searchable] = {
    "user_id": Searchable(Kind.ID, ("user_id",)),
    "email": Searchable(Kind.TEXT, ("email",)),
    "username": Searchable(Kind.TEXT, ("username",)),
    "identities.connection": Searchable(Kind.ID, ("connection",)),
    "blocked": Searchable(Kind.FLAG, ("blocked",)),
    "email_verified": Searchable(Kind.FLAG, ("email_verified",)),
    "logins_count": Searchable(Kind.NUMBER, ("logins_count",)),
    "created_at": Searchable(Kind.DATE, ("created_at_ms",)),
    "updated_at": Searchable(Kind.DATE, ("updated_at_ms",)),
    "last_login": Searchable(Kind.DATE, ("last_login_ms",)),
    "last_ip": Searchable(Kind.ID, ("last_ip",)),
    "phone_verified": Searchable(Kind.PROFILE, ("phone_verified",)),
    **{name: Searchable(Kind.PROFILE, (name,)) for name in _PROFILE},
}
"""Name → where it is; members of ``user_metadata`` and ``app_metadata`` are beside these."""
MEMBER = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
"""What a member of metadata is called that can be searched by. It stands in the statement itself."""
METADATA = ("user_metadata", "app_metadata")


def searchable(name: str) -> Searchable | None:
    """What a name of the query stands for; None for nothing."""
    found = SEARCHABLE.get(name)
    root, *members = name.split(".")
    if found is None and root in METADATA and members and all(map(MEMBER.fullmatch, members)):
        return Searchable(Kind.PROFILE, (root, *members))
    return found


class Is(msgspec.Struct, frozen=True):
    """``name:value``."""

    by: Searchable
    value: str | int | bool


class Like(msgspec.Struct, frozen=True):
    """``name:jo*n*``: the pieces between the asterisks, which stand for anything."""

    by: Searchable
    pieces: tuple[str, ...]


class Exists(msgspec.Struct, frozen=True):
    """``name:*``."""

    by: Searchable


class Between(msgspec.Struct, frozen=True):
    """``name:[… TO …]``; the end is excluded, None is open."""

    by: Searchable
    start: int | None
    end: int | None


class Not(msgspec.Struct, frozen=True):
    """Everybody but these."""

    of: Tree


class AllOf(msgspec.Struct, frozen=True):
    """Each of them; of none, everybody."""

    of: tuple[Tree, ...]


class OneOf(msgspec.Struct, frozen=True):
    """One of them at least."""

    of: tuple[Tree, ...]


Tree = Is | Like | Exists | Between | Not | AllOf | OneOf
EVERYBODY = AllOf(())


class Order(msgspec.Struct, frozen=True):
    """By what people are sorted."""

    by: Searchable
    descending: bool = False


class PeopleReader(Protocol):
    """Reads what no filter for equality finds. Administrators are nobody's people."""

    async def find_users(
        self, tenant_id: str, tree: Tree, order: Order | None = None, *, offset: int = 0, limit: int
    ) -> Sequence[User]:
        """Those asked for, in order; by default that in which they were made."""
        ...

    async def count_users(self, tenant_id: str, tree: Tree) -> int:
        """How many there are."""
        ...

    async def attempts_at(self, tenant_id: str, beginning: str) -> Sequence[FailedAttempts]:
        """The counts whose subject begins so."""
        ...
