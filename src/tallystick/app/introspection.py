"""Introspection, built over a worker."""

from __future__ import annotations

from ..apis.directory import ApiDirectory
from ..endpoints.introspect import IntrospectionEndpoint
from ..endpoints.introspected import Introspector
from ..tokens.introspection_response import IntrospectionResponseJwts
from ..tokens.recognise import Recogniser
from .tokens import authenticator_of, people_records_of, response_encryption_of, subjects_of
from .worker import Worker


def introspection_endpoint(worker: Worker, recogniser: Recogniser, apis: ApiDirectory) -> IntrospectionEndpoint:
    """`/oauth/introspect`."""
    return IntrospectionEndpoint(
        authenticator=authenticator_of(worker),
        introspector=Introspector(
            recogniser=recogniser,
            people=people_records_of(worker),
            subjects=subjects_of(worker),
            apis=apis,
            proofs=worker.proofs,
        ),
        jwts=IntrospectionResponseJwts(worker.ring, response_encryption_of(worker)),
        log=worker.storage,
        tallies=worker.tallies,
        clock=worker.clock,
    )
