"""The words of a query of the log: what stands between blanks, marks and quotes. Pure."""

from __future__ import annotations

import re

import msgspec

from .problems import InvalidQuery

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<mark>[()\[\]{}]|&&|\|\||[!:])
    | "(?P<quoted>(?:[^"\\]|\\.)*)"
    | (?P<word>(?:[^\s()\[\]{}"\\:]|\\.)+)
    )""",
    re.VERBOSE | re.DOTALL,
)
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
OPERATORS = {"&&": "AND", "||": "OR", "!": "NOT"}
RESERVED = re.compile(r"(?<!\\)[~^/?*+|&<>=]")
"""What means something to Lucene and nothing here, so that it has to stand in quotes."""


class Token(msgspec.Struct, frozen=True):
    """One word or mark of a query."""

    kind: str
    """``mark``, ``word`` or ``quoted``; empty at the end."""
    text: str
    """An operator by its word, whichever way it was written."""
    raw: str
    """As it stands in the query."""


END = Token("", "", "the end")


def tokens_of(text: str) -> list[Token]:
    """The query cut up; a hyphen before a word is NOT. Raises InvalidQuery."""
    tokens: list[Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            raise refused(f"This is not part of a query: {text[at:].strip()[:20]}")
        at = found.end()
        kind = str(found.lastgroup)
        raw = found[kind]
        in_value = bool(tokens) and tokens[-1].raw == ":"
        if kind == "word" and raw.startswith("-") and not in_value:
            tokens.append(Token("word", "NOT", "-"))
            raw = raw[1:]
        if raw or kind == "quoted":
            word = OPERATORS.get(raw) if kind == "mark" else None
            tokens.append(Token("word", word, raw) if word else Token(kind, raw, raw))
    return tokens


def refused(reason: str) -> InvalidQuery:
    """What is wrong with the query, as the caller hears it."""
    return InvalidQuery("q", reason, check="query.q")
