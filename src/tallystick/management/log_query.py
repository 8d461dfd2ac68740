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
wildcards elsewhere are refused too. Comparison is exact; in the fields of `log_tree.WORDS` a value is one or several
whole words, in any case.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NoReturn

from ..clients.dates import ms_from_iso
from ..clock import DAY_MS
from .log_tokens import END, ESCAPED, OPERATORS, RESERVED, Token, refused, tokens_of
from .log_tree import ALIASES, DATE, EVERYTHING, FIELDS, LOG_ID, AllOf, Dates, Not, OneOf, Tree, Value

QUERY_CHARS_MAX = 1_024
CLAUSES_MAX = 50
DEPTH_MAX = 10
"""Groups and negations inside one another."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def parse(text: str) -> Tree:
    """The tree of a query; a blank one is everything. Raises InvalidQuery with what was expected, and where."""
    if len(text) > QUERY_CHARS_MAX:
        raise refused(f"A query has at most {QUERY_CHARS_MAX} characters")
    parser = Parser(tokens_of(text))
    if parser.now is END:
        return EVERYTHING
    tree: Tree = parser.query(DEPTH_MAX)
    if parser.now is not END:
        parser.refuse("Expected AND or OR between clauses")
    return tree


class Parser:
    """One method per rule of the grammar; a language of other fields overrides those that say so."""

    all_of: Any = AllOf
    one_of: Any = OneOf
    not_: Any = Not

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._clauses = 0

    @property
    def now(self) -> Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else END

    def refuse(self, reason: str) -> NoReturn:
        raise refused(f"{reason}, at {self.now.raw[:40]}")

    def _take(self) -> Token:
        token = self.now
        self._at += 1
        return token

    def _is(self, text: str, kind: str = "mark") -> bool:
        return self.now.kind == kind and self.now.text == text

    def _skip(self, text: str, kind: str = "mark") -> bool:
        found = self._is(text, kind)
        self._at += found
        return found

    def _need(self, text: str, expected: str = "") -> None:
        if not self._skip(text):
            self.refuse(f"Expected {expected or text}")

    def query(self, depth: int) -> Any:
        """A whole query, or what stands in a group."""
        return self._joined("OR", self.one_of, lambda: self._joined("AND", self.all_of, lambda: self._not(depth)))

    def _joined(self, operator: str, join: Any, part: Callable[[], Any]) -> Any:
        parts = [part()]
        while self._skip(operator, "word"):
            parts.append(part())
        return parts[0] if len(parts) == 1 else join(tuple(parts))

    def _not(self, depth: int) -> Any:
        if depth == 0:
            self.refuse(f"At most {DEPTH_MAX} groups may stand inside one another")
        if self._skip("NOT", "word"):
            return self.not_(self._not(depth - 1))
        if self._skip("("):
            tree = self.query(depth - 1)
            self._need(")", "AND, OR or )")
            return tree
        return self._clause()

    def _clause(self) -> Any:
        self._clauses += 1
        if self._clauses > CLAUSES_MAX:
            self.refuse(f"A query has at most {CLAUSES_MAX} clauses")
        if self.now.kind != "word":
            self.refuse("Expected field:value")
        name = self._take().text
        if not self._skip(":"):
            raise refused(f"Expected field:value, at {name[:40]}; a word alone says not where to look")
        field = self.field(name)
        if self._skip("("):
            return self._values(field)
        return self.value(field)

    def field(self, name: str) -> Any:
        """What can be asked for by this name. Raises InvalidQuery. Another language has others."""
        field = ALIASES.get(name, name)
        if field not in FIELDS:
            raise refused(f"Unknown field {name[:40]}; known are {', '.join(FIELDS)}")
        return field

    def _values(self, field: Any) -> Any:
        values = [self.value(field)]
        while self._skip("OR", "word"):
            self._clauses += 1
            values.append(self.value(field))
        if self._clauses > CLAUSES_MAX:
            self.refuse(f"A query has at most {CLAUSES_MAX} clauses")
        self._need(")")
        return self.one_of(tuple(values))

    def value(self, field: Any) -> Any:
        """What stands behind the colon. Another language reads its own."""
        if self._is("[") or self._is("{"):
            return self._range(field)
        text, prefix = self._text(field)
        if field == DATE:
            if prefix:
                return Dates(None, None) if not text else self.refuse("Expected a whole date")
            return Dates(moment(text), moment(text, after=True))
        if field == LOG_ID and prefix:
            self.refuse("Expected a whole log id")
        return Value(field, text, prefix)

    def _text(self, field: Any) -> tuple[str, bool]:
        """A value, with colons as they stand in addresses and scopes, and whether it ends in ``*``."""
        if self.now.kind == "quoted":
            return ESCAPED.sub(r"\1", self._take().text), False
        text = self.raw(field)
        prefix = text.endswith("*") and not text.endswith("\\*")
        text = text[:-1] if prefix else text
        if RESERVED.search(text):
            raise refused(f"Put quotes around {text[:40]}; only a * at the end means something")
        return ESCAPED.sub(r"\1", text), prefix

    def raw(self, field: Any) -> str:
        """A value without quotes, as it stands in the query."""
        text = ""
        if self.now.kind == "word" and self.now.raw not in OPERATORS:
            text = self._take().raw
        while self._is(":"):
            text += self._take().text
            if self.now.kind == "word":
                text += self._take().raw
        if not text:
            self.refuse(f"Expected a value of {field}")
        return text

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
            None if start == "*" else moment(start, after=not with_start),
            None if end == "*" else moment(end, after=with_end),
        )

    def _bound(self) -> str:
        text, prefix = self._text(DATE)
        return "*" if prefix and not text else text


def moment(text: str, *, after: bool = False) -> int:
    """The beginning of a day or a moment; with ``after``, where the next one begins."""
    try:
        if _DAY.fullmatch(text):
            return ms_from_iso(f"{text}T00:00:00Z") + after * DAY_MS
        return ms_from_iso(text) + after
    except ValueError:
        raise refused(f"Expected a date such as 2030-01-31 or 2030-01-31T12:00:00Z, not {text[:40]}") from None
