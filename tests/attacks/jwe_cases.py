"""JWEs at which readers have gone wrong: what is unsigned inside, and wrappers that open and must not."""

from __future__ import annotations

import json
import secrets
import zlib
from base64 import urlsafe_b64decode
from collections.abc import Callable
from typing import Any

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash

from tallystick.jose.keys import jwk_of, public_key_from_jwk, public_key_of
from tallystick.jose.private_keys import generate_private_key
from tests.attacks.jose_cases import NO_TEXTS, STRANGER, TEXTS, Cases, Sender, appended, prepended
from tests.forge import b64


class Recipient(msgspec.Struct, frozen=True):
    """The tenant, as those see it who encrypt to it."""

    ec: dict[str, Any]
    rsa: dict[str, Any]

    def sealed(self, content: bytes, change: Change | None = None, alg: str = "ECDH-ES") -> str:
        """A JWE that opens (RFC 7516 5.1, RFC 7518 4), under whatever header ``change`` makes of the good one."""
        own = ec.generate_private_key(ec.SECP256R1())
        jwk = self.rsa if alg.startswith("RSA") else self.ec
        header = {"alg": alg, "enc": "A256GCM", "kid": jwk["kid"], "cty": "JWT"}
        if jwk is self.ec:
            header["epk"] = jwk_of(public_key_of(own.public_key()))
        head = json.dumps(header).encode()
        head = change(head) if callable(change) else json.dumps({**header, **(change or {})}).encode()
        public, aad, vector = public_key_from_jwk(jwk, use="enc").key, b64(head), secrets.token_bytes(12)
        if isinstance(public, rsa.RSAPublicKey):
            key = secrets.token_bytes(32)
            sent = public.encrypt(key, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
        else:
            assert isinstance(public, ec.EllipticCurvePublicKey)
            key, sent = _agreed(own.exchange(ec.ECDH(), public), change), b""
        sealed = AESGCM(key).encrypt(vector, content, aad.encode())
        return ".".join((aad, *map(b64, (sent, vector, sealed[:-16], sealed[-16:]))))


Change = dict[str, Any] | Callable[[bytes], bytes]


def _agreed(shared: bytes, change: Change | None) -> bytes:
    """RFC 7518 4.6.2."""
    parties = [bytes_of(change.get(name, "")) if isinstance(change, dict) else b"" for name in ("apu", "apv")]
    fields = (b"A256GCM", *parties)
    info = b"".join(len(field).to_bytes(4) + field for field in fields) + (256).to_bytes(4)
    return ConcatKDFHash(hashes.SHA256(), 32, info).derive(shared)


def bytes_of(part: str) -> bytes:
    """base64url without padding, decoded."""
    return urlsafe_b64decode(part + "==")


def wrapped_unsigned(sender: Sender, to: Recipient) -> Cases:
    """attacks.md 33: what is in a wrapper is no better for it."""
    claims = json.dumps(sender.said()).encode()
    none = b64(b'{"alg":"none"}').encode() + b"." + b64(claims).encode() + b"."
    good = sender.jws()
    head, body, signature = good.split(".")
    contents = {
        "plain JSON": claims,
        "alg none": none,
        "alg none without its last dot": none[:-1],
        "no signature": f"{head}.{body}.".encode(),
        "a stranger's signature": STRANGER.jwt(sender.said(), **{**sender.header, "alg": "ES256"}).encode(),
        "a JWE of a signed one": to.sealed(good.encode()).encode(),
        "a JWE of a JWE": to.sealed(to.sealed(good.encode()).encode()).encode(),
        "JSON serialisation": json.dumps({"protected": head, "payload": body, "signature": signature}).encode(),
        "nothing": b"",
        "bytes": b"\xff\x00\xff",
        "a BOM": b"\xef\xbb\xbf" + good.encode(),
        "a line feed behind": good.encode() + b"\n",
        "crit": sender.jws({"crit": ["exp"]}).encode(),
        "duplicates": sender.jws(appended(json.dumps(sender.header).encode(), b'"alg":"none"')).encode(),
    }
    for name, content in contents.items():
        for alg in ("ECDH-ES", "RSA-OAEP-256"):
            yield f"{alg} around {name}", to.sealed(content, alg=alg)
    for depth in (5, 20):
        text = good
        while depth and len(text) < 60_000:
            text, depth = to.sealed(text.encode()), depth - 1
        yield f"{len(text)} characters of JWEs in JWEs", text


def wrappers(sender: Sender, to: Recipient) -> Cases:
    """JWEs that would open, around a request that is signed well: the corner of the wrapper alone refuses it."""
    good = sender.jws().encode()
    changes: list[dict[str, Any]] = [{"crit": []}, {"crit": ["exp"]}, {"b64": False}, {"zip": "DEF"}, {"zip": None}]
    changes += [{"alg": alg} for alg in ("dir", "RSA1_5", "A256KW", "A256GCMKW", "none", "", *NO_TEXTS)]
    changes += [{"alg": "PBES2-HS256+A128KW", "p2c": 2**31 - 1, "p2s": "AAAA"}, {"alg": "ECDH-1PU"}]
    changes += [{"enc": enc} for enc in ("A128KW", "none", "", "XC20P", "A512GCM", "A128GCM", *NO_TEXTS)]
    changes += [{"kid": kid} for kid in ("k" * 10_000, "../../../etc/passwd", "a\x00", *NO_TEXTS)]
    changes += [{name: "x" * 600} for name in ("apu", "apv", "typ", "cty")] + [{"x": "y" * 5_000}]
    changes += [{"x": [[[[[[[[[1]]]]]]]]]}]
    for change in changes:
        for alg in ("ECDH-ES", "RSA-OAEP-256"):
            yield f"{alg}, {str(change)[:40]}", to.sealed(good, change, alg)
    yield "zip, and zipped", to.sealed(zlib.compress(good)[2:-4], {"zip": "DEF"})
    yield "a bomb", to.sealed(zlib.compress(bytes(2_000_000))[2:-4], {"zip": "DEF"})
    for name, epk in _ephemerals(to).items():
        yield f"epk {name}", to.sealed(good, {"epk": epk})
    for name, more in {
        "with its private half": {"d": b64(bytes(31) + b"\x01")},
        "for signatures": {"use": "sig"},
    }.items():
        yield f"epk {name}", to.sealed(good, lambda head, more=more: _epk_with(head, more))
    for alg in ("ECDH-ES", "RSA-OAEP-256"):
        yield from _headers_of_wrappers(good, to, alg)
        yield from _broken(to.sealed(good, alg=alg), alg)


def _epk_with(head: bytes, more: dict[str, Any]) -> bytes:
    header = json.loads(head)
    return json.dumps({**header, "epk": {**header["epk"], **more}}).encode()


def _headers_of_wrappers(good: bytes, to: Recipient, alg: str) -> Cases:
    for name, value in TEXTS.items():
        if len(value) < 30_000:
            yield (
                f"{alg}, {name} in the header",
                to.sealed(good, lambda head, value=value: appended(head, b'"x":' + value), alg),
            )
    for twice in (b'"alg":"dir"', b'"alg":"%s"' % alg.encode(), b'"enc":"A256GCM"', b'"\\u0061lg":"dir"'):
        yield f"{alg}, {twice.decode()} twice", to.sealed(good, lambda head, twice=twice: appended(head, twice), alg)
        yield f"{alg}, {twice.decode()} first", to.sealed(good, lambda head, twice=twice: prepended(head, twice), alg)
    for name, whole in {"[]": b"[]", "nothing": b"", "a BOM": b"\xef\xbb\xbf%s", "garbage": b"%s x"}.items():
        yield f"{alg}, {name} for a header", to.sealed(good, lambda head, whole=whole: whole.replace(b"%s", head), alg)


def _ephemerals(to: Recipient) -> dict[str, Any]:
    def made(alg: str) -> dict[str, Any]:
        return dict(jwk_of(public_key_of(generate_private_key(alg).public_key())))

    return {
        "missing": None,
        "a string": "P-256",
        "empty": {},
        "on P-384": made("ES384"),
        "on P-521": made("ES512"),
        "of RSA": {name: to.rsa[name] for name in ("kty", "n", "e")},
        "of Ed25519": made("Ed25519"),
        "of X25519": {"kty": "OKP", "crv": "X25519", "x": b64(bytes(32))},
        "off the curve": {**made("ES256"), "y": b64(bytes(31) + b"\x05")},
        "at zero": {"kty": "EC", "crv": "P-256", "x": b64(bytes(32)), "y": b64(bytes(32))},
        "on secp256k1": {**made("ES256"), "crv": "secp256k1"},
        "padded": {**made("ES256"), "x": b64(bytes(31) + b"\x05") + "="},
        "our own": {name: to.ec[name] for name in ("kty", "crv", "x", "y")},
    }


def _broken(text: str, alg: str) -> Cases:
    parts = text.split(".")
    for at, name in enumerate(("header", "key", "vector", "content", "tag")):
        for mark in ("=", "\n", " ", "A"):
            yield f"{alg}, {mark!r} behind the {name}", ".".join([*parts[:at], parts[at] + mark, *parts[at + 1 :]])
        yield f"{alg}, no {name}", ".".join([*parts[:at], "" if parts[at] else b64(bytes(40)), *parts[at + 1 :]])
    yield f"{alg}, a short tag", ".".join([*parts[:4], parts[4][:2]])
    flat = dict(zip(("protected", "encrypted_key", "iv", "ciphertext", "tag"), parts, strict=True))
    yield f"{alg}, JSON serialisation", json.dumps(flat)


JWE_FAMILIES = {"wrapped unsigned": wrapped_unsigned, "wrappers": wrappers}
