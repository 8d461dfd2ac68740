"""Credentials as the Management API wants them described, out of files that people have (auth0.md 3.2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .exits import USAGE, Failed
from .files import read_text

SUBJECT_MEMBERS = {
    "cert_subject_dn": "subject_dn",
    "cert_san_dns": "san_dns",
    "cert_san_uri": "san_uri",
    "cert_san_ip": "san_ip",
    "cert_san_email": "san_email",
}
"""Types that register a name of a certificate → the member that holds the name."""
TYPES = ("public_key", "x509_cert", *SUBJECT_MEMBERS, "client_secret")
TYPE_OF_METHOD = {
    "private_key_jwt": "public_key",
    "tls_client_auth": "cert_subject_dn",
    "self_signed_tls_client_auth": "x509_cert",
}
"""Key method → the type of credential it usually has."""


def describe(credential_type: str, file: Path | None, subject: str | None, **members: Any) -> dict[str, Any]:
    """The body that registers a credential; ``members`` that are None are left out."""
    if credential_type not in TYPES:
        raise Failed(f"unknown type {credential_type}; known are: {', '.join(TYPES)}", exit_code=USAGE)
    body = {"credential_type": credential_type, **{k: v for k, v in members.items() if v is not None}}
    if subject is not None:
        if credential_type not in SUBJECT_MEMBERS:
            raise Failed(f"--subject does not go with {credential_type}", exit_code=USAGE)
        body[SUBJECT_MEMBERS[credential_type]] = subject
    elif file is not None and credential_type == "public_key":
        body = {**_of_key(file), **body}
    elif file is not None:
        body["pem"] = refuse_private(file, read_text(file))
    elif credential_type != "client_secret":
        raise Failed(f"{credential_type} needs --file", exit_code=USAGE)
    return body


def refuse_private(file: Path, text: str) -> str:
    """``text``, unless a private key is in it: that must not leave this machine."""
    if "PRIVATE KEY-----" in text:
        raise Failed(f"{file} holds a private key: keep it, and name the certificate alone", exit_code=USAGE)
    return text


def _of_key(file: Path) -> dict[str, str]:
    """A key, and the algorithm that a JWK names itself. Of a private key, which may be the file, the public half."""
    from ..jose.keys import pem_of
    from ..jose.refusals import KeyRefused
    from ..sdk.keys import named_alg, read_public_key

    text = read_text(file)
    try:
        key = read_public_key(text)
    except KeyRefused as refusal:
        raise Failed(f"{file}: {refusal.description}", exit_code=USAGE) from refusal
    if "BEGIN CERTIFICATE-----" in text:
        return {"pem": text}
    alg = named_alg(text)
    return {"pem": pem_of(key)} if alg is None else {"pem": pem_of(key), "alg": alg}
