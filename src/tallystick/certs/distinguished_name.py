r"""Distinguished names in one canonical form, from RFC 4514 strings, from Auth0's lines, and from certificates.

The grammar, after RFC 4514 section 3, read from left to right:

    name       = rdn *( "," rdn )          or, in lines,   rdn *( LF rdn )
    rdn        = attribute *( "+" attribute )
    attribute  = type "=" value            type: a name of `attribute_names`, or a dotted OID
    value      = string | "#" hexpairs     hexpairs: the BER encoding of the value
    escape     = "\" special | "\" hexpair   where a run of hex pairs is UTF-8

The RFC 4514 string begins with the *last* RDN of the certificate (section 2.1); lines are in the certificate's order,
as Node and OpenSSL print them and Auth0 stores them. We read white space around "," "+" and "=" as older RFCs did, and
in lines take "," ";" and quotes as they are, since nothing is separated by them there.

Values compare character by character. RFC 5280 7.1 would fold case and white space; RFC 8705 2.1.2 registers a string,
the authority that wrote the certificate chose its spelling, and folding has let one name pass for another (attacks.md
23). How the certificate encodes a string (UTF8String, PrintableString, BMPString …) makes no difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from cryptography import x509

from .attribute_names import OIDS, WRITTEN_NAMES
from .refusals import CertificateRefused

Attribute = tuple[str, str]
"""(dotted OID, value)."""
RelativeName = tuple[Attribute, ...]
"""The attributes of one RDN, sorted: their order means nothing (X.501 8.5: it is a set)."""
DistinguishedName = tuple[RelativeName, ...]
"""RDNs in the certificate's order, most general first as a rule."""

DN_CHARS_MAX = 1024
SHORT_CHARS_MAX = 256
"""Where a name is told, in a log row or an answer, and not compared."""
_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")
_SPECIALS = frozenset(' "#+,;<=>\\')
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
# Tag → codec, for "#hex" values: the string types of X.520 DirectoryString, and IA5, Numeric and Visible.
_STRING_TAGS = {0x0C: "utf-8", 0x12: "ascii", 0x13: "ascii", 0x14: "utf-8", 0x16: "ascii", 0x1A: "ascii"}
_STRING_TAGS |= {0x1E: "utf-16-be", 0x1C: "utf-32-be"}


def parse_dn(text: str) -> DistinguishedName:
    """Read a name: lines when there is a line break in it, RFC 4514 otherwise. Raises :class:`CertificateRefused`."""
    if len(text) > DN_CHARS_MAX:
        raise _refused("size", "is too long")
    body = text.strip("\r\n")
    in_lines = "\n" in body
    if in_lines:
        pieces = [list(_split(line.removesuffix("\r"), "+")) for line in body.split("\n")]
        bare = ""
    else:
        pieces = [list(_split(rdn, "+")) for rdn in _split(body, ",;")]
        pieces.reverse()
        bare = '"<>'
    name = tuple(tuple(sorted(_attribute(piece, bare) for piece in rdn)) for rdn in pieces)
    if any(len(set(rdn)) != len(rdn) for rdn in name):
        raise _refused("duplicate", "has the same attribute twice in one part")
    return name


def name_of(read: Callable[[], x509.Name]) -> DistinguishedName | None:
    """The name in a certificate; None when it has values that are no text, or no acceptable text."""
    try:
        return tuple(
            tuple(sorted((attribute.oid.dotted_string, _text(attribute.value)) for attribute in rdn))
            for rdn in read().rdns
        )
    except (ValueError, CertificateRefused):
        return None


def to_lines(name: DistinguishedName) -> str:
    """The name as Auth0 shows it: one RDN a line, in the certificate's order; :func:`parse_dn` reads it back."""
    return "\n".join(" + ".join(f"{_written(oid)}={_escaped(value)}" for oid, value in rdn) for rdn in name)


def to_rfc4514(name: DistinguishedName) -> str:
    """The name as an RFC 4514 string: last RDN first."""
    return ",".join("+".join(f"{_written(oid)}={_escaped(value)}" for oid, value in rdn) for rdn in reversed(name))


def name_in_short(name: DistinguishedName | None) -> str:
    """The name for people to recognise: RFC 4514, cut; empty when there is none that text can carry."""
    text = to_rfc4514(name) if name else ""
    return text if len(text) <= SHORT_CHARS_MAX else f"{text[:SHORT_CHARS_MAX]}…"


def _split(text: str, separators: str) -> Iterator[str]:
    """The pieces between unescaped separators."""
    start = at = 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] in separators:
            yield text[start:at]
            start = at + 1
        at += 1
    yield text[start:]


def _attribute(piece: str, bare: str) -> Attribute:
    """One attribute; ``bare`` are the characters that must be escaped here (RFC 4514 knows no quoted strings)."""
    name, equals, value = piece.partition("=")
    name = name.strip(" ")
    if not equals:
        raise _refused("syntax", "must consist of parts such as CN=example, with a backslash before , and + in values")
    oid = name if _OID.fullmatch(name) else OIDS.get(name.lower())
    if oid is None:
        raise _refused("attribute", "has an attribute that is not known; give its dotted object identifier")
    return oid, _value(value, bare)


def _value(text: str, bare: str) -> str:
    text = text.lstrip(" ")
    if text.startswith("#"):
        return _clean(_from_hex(text[1:].rstrip(" ")))
    return _clean(_unescaped(text, bare))


def _unescaped(text: str, bare: str) -> str:
    out, at, end = bytearray(), 0, 0  # `end`: what may not be stripped, because it was escaped or is no space
    while at < len(text):
        char = text[at]
        if char in bare:
            raise _refused("syntax", f"has {char} without a backslash before it")
        if char != "\\":
            out += char.encode(errors="surrogatepass")  # half a surrogate pair then fails to decode below
            end = end if char == " " else len(out)
            at += 1
            continue
        following = text[at + 1 : at + 3]
        if following[:1] and following[0] in _SPECIALS:
            out += following[0].encode()
            at += 2
        elif _HEX.fullmatch(following):
            out.append(int(following, 16))
            at += 3
        else:
            raise _refused("escape", "has a backslash that escapes nothing")
        end = len(out)
    try:
        return out[:end].decode()
    except UnicodeDecodeError as error:
        raise _refused("escape", "has hex escapes that are not UTF-8") from error


def _from_hex(digits: str) -> str:
    if not _HEX.fullmatch(digits):
        raise _refused("hex", "has a # that is not followed by hex pairs")
    ber = bytes.fromhex(digits)
    # Short-form length only: longer values than 127 octets have no place here.
    codec = _STRING_TAGS.get(ber[0])
    if codec is None or len(ber) < 2 or ber[1] != len(ber) - 2:
        raise _refused("hex", "has a #hex value that is not one encoded string")
    try:
        return ber[2:].decode(codec)
    except UnicodeDecodeError as error:
        raise _refused("hex", "has a #hex value that is not text") from error


def _clean(value: str) -> str:
    if not value:
        raise _refused("empty", "has an empty value")
    return _text(value)


def _text(value: str | bytes) -> str:
    # A NUL has cut names short in C programs (CVE-2009-2408); no honest name has control characters.
    if not isinstance(value, str) or any(char < " " or char == "\x7f" for char in value):
        raise _refused("control", "has control characters")
    return value


def _written(oid: str) -> str:
    return WRITTEN_NAMES.get(oid, oid)


def _escaped(value: str) -> str:
    """RFC 4514 2.4."""
    text = "".join(f"\\{char}" if char in '"+,;<>\\' else char for char in value)
    if text[:1] in (" ", "#"):
        text = "\\" + text
    if text.endswith(" ") and value != " ":
        text = text[:-1] + "\\ "
    return text


def _refused(check: str, reason: str) -> CertificateRefused:
    return CertificateRefused(f"The distinguished name {reason}.", check=f"dn.{check}")
