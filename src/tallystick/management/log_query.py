"""The query language of the log: a part of Lucene's, read into a small tree. Pure.

    query   = and *( "OR" and )                          AND binds more strongly than OR
    and     = not *( "AND" not )
    not     = ( "NOT" / "-" / "!" ) not / group / clause
    group   = "(" query ")"
    clause  = field ":" ( value / range / "(" values ")" )
    values  = value *( "OR" value )
    value   = word [ "*" ] / '"' text '"' / "*"          "*" at the end: begins so; alone: there is one
    range   = ( "[" / "{" ) bound "TO" bound ( "]" / "}" )   of date alone; [ ] include, { } exclude
    bound   = date / date-time / "*"

``&&``, ``||`` are AND, OR. A backslash takes the next character as it is. Two clauses without a word between them are
refused: Lucene takes them for OR, most people mean AND. Words alone, fuzzy terms, boosts, regular expressions and
wildcards elsewhere are refused too. Comparison is exact; in the fields of :data:`WORDS` a value is one or several whole
words, in any case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NoReturn

import msgspec

from ..clients.dates import ms_from_iso
from ..events import Event
from ..tallies import DAY_MS
from .problems import InvalidQuery

QUERY_CHARS_MAX = 1_024
CLAUSES_MAX = 50
DEPTH_MAX = 10
"""Groups and negations inside one another."""

Reader = Callable[[Event], str]


def _of_details(name: str) -> Reader:
    def read(event: Event) -> str:
        value = event.details.get(name)
        return value if isinstance(value, str) else ""

    return read


_DETAILS = ("check", "claimed_client_id", "credential_id", "error", "method")
DATE, LOG_ID = "date", "log_id"
FIELDS: Mapping[str, Reader | None] = {
    DATE: None,
    LOG_ID: None,
    "type": lambda event: event.type,
    "description": lambda event: event.description,
    "client_id": lambda event: event.client_id,
    "client_name": lambda event: event.client_name,
    "correlation_id": lambda event: event.correlation_id,
    "ip": lambda event: event.ip,
    "hostname": lambda event: event.hostname,
    "user_agent": lambda event: event.user_agent,
    "audience": lambda event: event.audience,
    "scope": lambda event: event.scope,
    **{f"details.{name}": _of_details(name) for name in _DETAILS},
}
"""What can be asked for, and how it is read. No member of ``details`` that only some callers may see is among them."""
ALIASES: Mapping[str, str] = {"_id": LOG_ID, "check": "details.check"}
WORDS = frozenset({"description", "client_name", "user_agent", "scope"})


class Value(msgspec.Struct, frozen=True):
    """``field:value``."""

    field: str
    text: str
    prefix: bool = False
    """Whether any value that begins so will do."""


class Dates(msgspec.Struct, frozen=True):
    """``date:[… TO …]``; the end is excluded, None is open."""

    from_ms: int | None
    until_ms: int | None


class Not(msgspec.Struct, frozen=True):
    """Everything but this."""

    of: Tree


class AllOf(msgspec.Struct, frozen=True):
    """Each of them; of none, everything."""

    of: tuple[Tree, ...]


class OneOf(msgspec.Struct, frozen=True):
    """One of them at least."""

    of: tuple[Tree, ...]


Tree = Value | Dates | Not | AllOf | OneOf
EVERYTHING = AllOf(())

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<mark>[()\[\]{}]|&&|\|\||[!:])
    | "(?P<quoted>(?:[^"\\]|\\.)*)"
    | (?P<word>(?:[^\s()\[\]{}"\\:]|\\.)+)
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_OPERATORS = {"&&": "AND", "||": "OR", "!": "NOT"}
_RESERVED = re.compile(r"(?<!\\)[~^/?*+|&<>=]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class _Token(msgspec.Struct, frozen=True):
    kind: str
    """``mark``, ``word`` or ``quoted``; empty at the end."""
    text: str
    raw: str


_END = _Token("", "", "the end")


def parse(text: str) -> Tree:
    """The tree of a query; a blank one is everything. Raises InvalidQuery with what was expected, and where."""
    if len(text) > QUERY_CHARS_MAX:
        raise _refused(f"A query has at most {QUERY_CHARS_MAX} characters")
    parser = _Parser(_tokens(text))
    if parser.now is _END:
        return EVERYTHING
    tree = parser.query(DEPTH_MAX)
    if parser.now is not _END:
        parser.refuse("Expected AND or OR between clauses")
    return tree


def _refused(reason: str) -> InvalidQuery:
    return InvalidQuery("q", reason, check="query.q")


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            raise _refused(f"This is not part of a query: {text[at:].strip()[:20]}")
        at = found.end()
        kind = str(found.lastgroup)
        raw = found[kind]
        in_value = bool(tokens) and tokens[-1].raw == ":"
        if kind == "word" and raw.startswith("-") and not in_value:
            tokens.append(_Token("word", "NOT", "-"))
            raw = raw[1:]
        if raw or kind == "quoted":
            word = _OPERATORS.get(raw) if kind == "mark" else None
            tokens.append(_Token("word", word, raw) if word else _Token(kind, raw, raw))
    return tokens


class _Parser:
    """One method per rule of the grammar."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._clauses = 0

    @property
    def now(self) -> _Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else _END

    def refuse(self, reason: str) -> NoReturn:
        raise _refused(f"{reason}, at {self.now.raw[:40]}")

    def _take(self) -> _Token:
        token = self.now
        self._at += 1
        return token

    def _is(self, text: str, kind: str = "mark") -> bool:
        return self.now.kind == kind and self.now.text == text

    def _skip(self, text: str, kind: str = "mark") -> bool:
        found = self._is(text, kind)
        self._at += found
        return found

    def _need(self, text: str) -> None:
        if not self._skip(text):
            self.refuse(f"Expected {text}")

    def query(self, depth: int) -> Tree:
        return self._joined("OR", OneOf, lambda: self._joined("AND", AllOf, lambda: self._not(depth)))

    def _joined(self, operator: str, join: type[AllOf] | type[OneOf], part: Callable[[], Tree]) -> Tree:
        parts = [part()]
        while self._skip(operator, "word"):
            parts.append(part())
        return parts[0] if len(parts) == 1 else join(tuple(parts))

    def _not(self, depth: int) -> Tree:
        if depth == 0:
            self.refuse(f"At most {DEPTH_MAX} groups may stand inside one another")
        if self._skip("NOT", "word"):
            return Not(self._not(depth - 1))
        if self._skip("("):
            tree = self.query(depth - 1)
            self._need(")")
            return tree
        return self._clause()

    def _clause(self) -> Tree:
        self._clauses += 1
        if self._clauses > CLAUSES_MAX:
            self.refuse(f"A query has at most {CLAUSES_MAX} clauses")
        if self.now.kind != "word":
            self.refuse("Expected field:value")
        name = self._take().text
        field = ALIASES.get(name, name)
        if not self._skip(":"):
            raise _refused(f"Expected field:value, at {name[:40]}; a word alone says not where to look")
        if field not in FIELDS:
            raise _refused(f"Unknown field {name[:40]}; known are {', '.join(FIELDS)}")
        if self._skip("("):
            return self._values(field)
        return self._value(field)

    def _values(self, field: str) -> Tree:
        values = [self._value(field)]
        while self._skip("OR", "word"):
            self._clauses += 1
            values.append(self._value(field))
        if self._clauses > CLAUSES_MAX:
            self.refuse(f"A query has at most {CLAUSES_MAX} clauses")
        self._need(")")
        return OneOf(tuple(values))

    def _value(self, field: str) -> Tree:
        if self._is("[") or self._is("{"):
            return self._range(field)
        text, prefix = self._text(field)
        if field == DATE:
            if prefix:
                return Dates(None, None) if not text else self.refuse("Expected a whole date")
            return Dates(_moment(text), _moment(text, after=True))
        if field == LOG_ID and prefix:
            self.refuse("Expected a whole log id")
        return Value(field, text, prefix)

    def _text(self, field: str) -> tuple[str, bool]:
        """A value, with colons as they stand in addresses and scopes, and whether it ends in ``*``."""
        if self.now.kind == "quoted":
            return _ESCAPED.sub(r"\1", self._take().text), False
        text = ""
        if self.now.kind == "word" and self.now.raw not in _OPERATORS:
            text = self._take().raw
        while self._is(":"):
            text += self._take().text
            if self.now.kind == "word":
                text += self._take().raw
        if not text:
            self.refuse(f"Expected a value of {field}")
        prefix = text.endswith("*") and not text.endswith("\\*")
        text = text[:-1] if prefix else text
        if _RESERVED.search(text):
            raise _refused(f"Put quotes around {text[:40]}; only a * at the end means something")
        return _ESCAPED.sub(r"\1", text), prefix

    def _range(self, field: str) -> Tree:
        if field != DATE:
            self.refuse("Only date has ranges")
        with_start = self._take().text == "["
        start = self._bound()
        if not self._skip("TO", "word"):
            self.refuse("Expected TO between two dates")
        end = self._bound()
        if not (self._is("]") or self._is("}")):
            self.refuse("Expected ] or } behind a range")
        with_end = self._take().text == "]"
        return Dates(
            None if start == "*" else _moment(start, after=not with_start),
            None if end == "*" else _moment(end, after=with_end),
        )

    def _bound(self) -> str:
        text, prefix = self._text(DATE)
        return "*" if prefix and not text else text


def _moment(text: str, *, after: bool = False) -> int:
    """The beginning of a day or a moment; with ``after``, where the next one begins."""
    try:
        if _DAY.fullmatch(text):
            return ms_from_iso(f"{text}T00:00:00Z") + after * DAY_MS
        return ms_from_iso(text) + after
    except ValueError:
        raise _refused(f"Expected a date such as 2030-01-31 or 2030-01-31T12:00:00Z, not {text[:40]}") from None
