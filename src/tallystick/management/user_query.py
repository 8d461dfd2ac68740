"""The query language of ``/users``: the log's grammar (`log_query`), over the fields of `users.search`. Pure.

A value is compared in any case, but for ids. ``*`` stands for anything, anywhere in a value without quotes; alone it
means that there is one, as does ``_exists_:field``. Ranges go over dates and numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..users.search import (
    EVERYBODY,
    SEARCHABLE,
    AllOf,
    Between,
    Exists,
    Is,
    Kind,
    Like,
    Not,
    OneOf,
    Order,
    Searchable,
    searchable,
)
from ..users.search import Tree as PeopleTree
from .log_query import DEPTH_MAX, QUERY_CHARS_MAX, Parser, moment
from .log_tokens import END, ESCAPED, RESERVED, refused, tokens_of

ALIASES: Mapping[str, str] = {"connection": "identities.connection"}
_EXISTS = "_exists_"
_PART = re.compile(r"\\.|\*|[^\\*]+", re.DOTALL)
_NUMBER = re.compile(r"-?\d{1,15}", re.ASCII)


def parse(text: str) -> PeopleTree:
    """The tree of a query; a blank one is everybody. Raises InvalidQuery with what was expected, and where."""
    if len(text) > QUERY_CHARS_MAX:
        raise refused(f"A query has at most {QUERY_CHARS_MAX} characters")
    parser = _Parser(tokens_of(text))
    if parser.now is END:
        return EVERYBODY
    tree: PeopleTree = parser.query(DEPTH_MAX)
    if parser.now is not END:
        parser.refuse("Expected AND or OR between clauses")
    return tree


def order_of(text: str) -> Order:
    """``field:1``, or ``field:-1`` for the other way round. Raises ValueError."""
    name, _, direction = text.rpartition(":")
    by = searchable(ALIASES.get(name, name))
    if by is None or direction not in ("1", "-1"):
        raise ValueError("Expected a field, and 1 or -1, such as created_at:-1")
    return Order(by, descending=direction == "-1")


class _Parser(Parser):
    all_of, one_of, not_ = AllOf, OneOf, Not

    def field(self, name: str) -> Searchable | None:
        """What is searched by; None for ``_exists_``."""
        by = searchable(ALIASES.get(name, name))
        if by is None and name != _EXISTS:
            known = ", ".join((*SEARCHABLE, "user_metadata.…", "app_metadata.…"))
            raise refused(f"Unknown field {name[:40]}; known are {known}")
        return by

    def value(self, field: Searchable | None) -> PeopleTree:
        """One value or range."""
        if field is None:
            return self._existing()
        if self._is("[") or self._is("{"):
            return self._range_of(field)
        if self.now.kind == "quoted":
            return self._is_value(field, ESCAPED.sub(r"\1", self._take().text))
        pieces = _pieces(self.raw(field.place[-1]))
        if any(RESERVED.search(piece) for piece in pieces):
            raise refused(f"Put quotes around {'*'.join(pieces)[:40]}; only * means something")
        pieces = tuple(ESCAPED.sub(r"\1", piece) for piece in pieces)
        if len(pieces) == 1:
            return self._is_value(field, pieces[0])
        if not any(pieces):
            return Exists(field)
        if field.kind not in (Kind.ID, Kind.TEXT, Kind.PROFILE):
            raise refused("Only texts take a * within")
        return Like(field, pieces)

    def _existing(self) -> Exists:
        name = self.raw(_EXISTS)
        by = searchable(ALIASES.get(name, name))
        if by is None:
            raise refused(f"Unknown field {name[:40]}")
        return Exists(by)

    def _is_value(self, field: Searchable, text: str) -> PeopleTree:
        match field.kind:
            case Kind.FLAG:
                if text not in ("true", "false"):
                    raise refused(f"Expected true or false, not {text[:40]}")
                return Is(field, text == "true")
            case Kind.NUMBER:
                return Is(field, _number(text))
            case Kind.DATE:
                return Between(field, moment(text), moment(text, after=True))
            case _:
                return Is(field, text)

    def _range_of(self, field: Searchable) -> Between:
        if field.kind not in (Kind.DATE, Kind.NUMBER):
            self.refuse("Only dates and numbers have ranges")
        with_start = self._take().text == "["
        start = self.raw("a range")
        if not self._skip("TO", "word"):
            self.refuse("Expected TO between two bounds")
        end = self.raw("a range")
        if not (self._is("]") or self._is("}")):
            self.refuse("Expected ] or } behind a range")
        with_end = self._take().text == "]"
        return Between(field, _bound(field, start, after=not with_start), _bound(field, end, after=with_end))


def _pieces(raw: str) -> tuple[str, ...]:
    """What stands between asterisks that are not escaped, themselves by a backslash that is not."""
    pieces = [""]
    for part in _PART.findall(raw):
        if part == "*":
            pieces.append("")
        else:
            pieces[-1] += part
    return tuple(pieces)


def _bound(field: Searchable, text: str, *, after: bool) -> int | None:
    if text == "*":
        return None
    return moment(text, after=after) if field.kind is Kind.DATE else _number(text) + after


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise refused(f"Expected a whole number, not {text[:40]}")
    return int(text)
