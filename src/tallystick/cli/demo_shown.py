"""What the demo got, as it shows it to people."""

from __future__ import annotations

from typing import Any

from .decoding import print_decoded


def print_token(result: dict[str, Any]) -> None:
    """A token that an application got for itself."""
    print(f"\n{result['title']}   ({result['method']}, client_id {result['client_id']})\n")
    print(result["access_token"] + "\n")
    print_decoded({"header": result["header"], "claims": result["claims"]})
    print(f"signature   verified with the server's key {result['header'].get('kid')}")
    if result["thumbprint"]:
        print(f"bound to    {result['thumbprint']} = SHA-256 of the certificate that was shown")
    if result["jkt"]:
        print(f"bound to    {result['jkt']} = SHA-256 of the key that signed the proof")


def print_sign_in(result: dict[str, Any]) -> None:
    """A sign-in with plain parameters."""
    print(f"\n{result['title']}   (authorization_code, client_id {result['client_id']})\n")
    print(
        f"{result['email']} went to /authorize, signed in on the server's page, and came back to a listener on loopback"
    )
    print("with a code. Nobody but the application, which kept the verifier, could turn it into these.\n")
    print("ID token: for the application, to know who signed in, how and when. sub names the person for good.")
    print_decoded(result["id_token"])
    print("\naccess token: for the API; azp is the application, scope what the person may do through it.")
    print_decoded(result["access_token"])
    print(
        "\nrefresh     once: there are new tokens, and the refresh token itself was replaced, as it is shown but once"
    )


def print_signed(result: dict[str, Any]) -> None:
    """A sign-in in which request and answer are signed."""
    kid, pushed = result["response"]["header"].get("kid"), result["pushed"]
    print(f"\n{result['title']}   (private_key_jwt, client_id {result['client_id']})\n")
    print("The application signed its request, with a key that serves nothing else, and pushed it to the server, which")
    print("refused the same without the signature. To the signed one it said:\n")
    print(f"request_uri  {pushed['request_uri']}")
    print(f"expires_in   {pushed['expires_in']} s\n")
    print("request object: the whole request. What comes beside it does not count.")
    print_decoded(result["request"])
    print(
        f"\n{result['email']} opened /authorize with client_id and request_uri, nothing else, and signed in. What came"
    )
    print("back is one parameter, response: a JWT from this server, for this application, for a few minutes.")
    print_decoded(result["response"])
    print(f"signature   verified with the server's key {kid}; iss, aud, exp and state hold")
