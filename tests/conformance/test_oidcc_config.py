"""The config plan: what discovery says is well-formed, complete, and about this server."""

from __future__ import annotations

from tests.conformance.metadata import check_jwks, check_metadata
from tests.conformance.provider import as_json
from tests.conformance.suite import Plan


def test_oidcc_discovery_endpoint_verification(plan: Plan) -> None:
    provider = plan.provider
    check_metadata(provider.metadata, provider.issuer)
    check_jwks(provider.jwks)
    assert "authorization_code" in provider.metadata["grant_types_supported"]
    assert provider.metadata["code_challenge_methods_supported"] == ["S256"]
    assert provider.metadata["authorization_response_iss_parameter_supported"] is True
    urls = [value for name, value in provider.metadata.items() if name.endswith(("_endpoint", "_uri"))]
    assert all(url.startswith(provider.issuer) for url in urls)
    other = as_json(provider.fetch(f"{provider.issuer}.well-known/oauth-authorization-server"))
    assert other == provider.metadata


def test_what_is_advertised_answers(plan: Plan) -> None:
    """An endpoint that stands in the document but is not there would mislead every client that reads it."""
    for name, url in plan.provider.metadata.items():
        if name.endswith(("_endpoint", "_uri", "_iframe")):
            assert plan.provider.fetch(url).status != 404, name
