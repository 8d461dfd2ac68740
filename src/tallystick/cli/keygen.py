"""``tallystick keygen``: a key pair, and a self-signed certificate over it if wanted."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .command import local
from .exits import USAGE, Failed
from .files import write_private, write_public
from .output import Output

if TYPE_CHECKING:
    from ..jose.private_keys import AnyPrivateKey


@local
def keygen(
    out: Output,
    alg: Annotated[str, typer.Option(help="What it is for: RS, PS or ES with 256, 384, 512; Ed25519.")] = "ES256",
    file: Annotated[Path, typer.Option("--out", help="Where the private key goes, PEM, mode 0600.")] = Path("key.pem"),
    rsa_bits: Annotated[int, typer.Option(help="Size of an RSA key.")] = 2048,
    jwk: Annotated[bool, typer.Option("--jwk", help="Write and print JWKs instead of PEM.")] = False,
    self_signed: Annotated[
        bool, typer.Option("--self-signed", help="Also write a self-signed certificate beside it.")
    ] = False,
    subject: Annotated[str, typer.Option(help="Subject of the certificate, RFC 4514.")] = "CN=tallystick client",
    days: Annotated[int, typer.Option(min=1, max=36500, help="How long the certificate is valid.")] = 365,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
) -> None:
    """Generate a key pair: the private key goes to a file, the public one is printed."""
    key = generate(alg, rsa_bits)
    certificate = make_certificate(key, subject, days) if self_signed else None
    result = describe_public(key, alg) | {"private_key_file": str(file)}
    write_private(file, private_text(key, result["public_jwk"] if jwk else None), force=force)
    out.note(f"private key: {file}")
    if certificate is not None:
        result |= write_certificate(certificate, file.with_suffix(".crt"), out, force=force)
        result["public_jwk"] |= {"x5c": chain_of(certificate)}
    public: Any = result["public_jwk"]
    if out.as_json:
        out.record(result)
    elif jwk:
        out.record(public)
    else:
        print(certificate or result["public_pem"], end="")


def generate(alg: str, rsa_bits: int) -> AnyPrivateKey:
    """A new private key; Failed for an algorithm or size that is not offered."""
    from ..jose.algorithms import ALGORITHMS, canonical_alg
    from ..jose.private_keys import generate_private_key
    from ..jose.refusals import KeyRefused

    name = canonical_alg(alg)
    if name is None:
        raise Failed(f"unknown algorithm {alg}; known are: {', '.join(ALGORITHMS)}", exit_code=USAGE)
    try:
        return generate_private_key(name, rsa_bits=rsa_bits)
    except KeyRefused as refusal:
        raise Failed(refusal.description, exit_code=USAGE) from refusal


def make_certificate(key: AnyPrivateKey, subject: str, days: int) -> str:
    """A self-signed certificate, PEM; Failed for a subject that is none."""
    from ..sdk.certificates import self_signed

    try:
        return self_signed(key, subject, now_ms=time.time_ns() // 1_000_000, days=days)
    except ValueError as error:
        raise Failed(f"not a subject: {subject} ({error})", exit_code=USAGE) from error


def private_text(key: AnyPrivateKey, public_jwk: Mapping[str, str] | None) -> str:
    """The private key as a file holds it; as a JWK it says what the public one says, its ``alg`` and ``kid`` too."""
    import msgspec

    from ..jose.private_keys import private_jwk_of, private_key_to_pem

    if public_jwk is None:
        return private_key_to_pem(key)
    return msgspec.json.encode({**public_jwk, **private_jwk_of(key)}).decode() + "\n"


def describe_public(key: AnyPrivateKey, alg: str) -> dict[str, Any]:
    """The public half in both forms, and the kid it gets by default."""
    from ..jose.keys import pem_of
    from ..jose.private_keys import public_key_for
    from ..sdk.keys import public_jwk

    public = public_key_for(key)
    return {"alg": alg, "kid": public.thumbprint, "public_pem": pem_of(public), "public_jwk": public_jwk(public, alg)}


def chain_of(certificate: str) -> list[str]:
    """As the public JWK shows it: RFC 8705 2.2.2 finds the certificate there."""
    from ..sdk.certificates import x5c

    return x5c(certificate)


def write_certificate(certificate: str, file: Path, out: Output, *, force: bool) -> dict[str, Any]:
    """Write the certificate beside the key, and describe it."""
    from ..sdk.certificates import thumbprint

    write_public(file, certificate, force=force)
    out.note(f"certificate: {file}\nx5t#S256:    {thumbprint(certificate)}")
    return {"certificate_file": str(file), "certificate_pem": certificate, "x5t#S256": thumbprint(certificate)}
