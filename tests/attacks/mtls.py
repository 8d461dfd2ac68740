"""Certificate clients to attack, and the authorities they come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from tests.administrator import Administrator, unique
from tests.application import Application
from tests.certificate_mill import Holder, authority, leaf
from tests.patience import settle


class Authorities:
    """A registered root, and what registers and asks with certificates."""

    def __init__(self, admin: Administrator, audience: str, directory: Path) -> None:
        self.admin = admin
        self.audience = audience
        self.directory = directory
        self.root = authority(unique("root"))
        self.root_id = self.register(self.root)
        # What a worker knows of its tenant's authorities is at most that old.
        settle()

    def register(self, holder: Holder, *intermediates: Holder) -> str:
        """Trust an authority; its id."""
        pem = "".join(each.pem for each in (holder, *intermediates))
        body = {"name": unique("authority"), "pem": pem}
        return str(self.admin.ask("POST", "certificate-authorities", body)["id"])

    def client(self, method: str = "tls_client_auth", **credential: Any) -> Application:
        """A client of an mTLS method with this one credential."""
        application = self.admin.application(self.audience)
        made = self.admin.credential(application.client_id, **credential)
        self.admin.use(application.client_id, method, made["id"])
        application.credential_id = made["id"]
        return application

    def by_dn(self, subject_dn: str, **credential: Any) -> Application:
        """A client known by its subject."""
        return self.client(credential_type="cert_subject_dn", subject_dn=subject_dn, **credential)

    def self_signed(self, holder: Holder) -> Application:
        """A client whose certificate itself is registered."""
        return self.client("self_signed_tls_client_auth", credential_type="x509_cert", pem=holder.pem)

    def leaf(self, subject: str, **options: Any) -> Holder:
        """A good certificate of the root."""
        return leaf(subject, self.root, **options)

    def ask(self, application: Application, holder: Holder, *chain: Holder, **form: Any) -> httpx.Response:
        """A token request over a connection that shows this certificate, and these beside it."""
        with application.server.http(holder.files(self.directory, *chain)) as http:
            return application.by_certificate(http, **form)
