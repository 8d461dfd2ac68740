"""Refusals of `authorization`: what an application may not ask, and a person who comes back too late."""

from __future__ import annotations

from .hint import Hint, Hints

HINTS: Hints = {
    "pending.unknown": Hint(
        "There is no such sign-in under way: it was answered already, or its page was open for more than an hour.", ""
    ),
    "pending.expired": Hint("The person took more than an hour. The application has to ask again.", ""),
    "pending.browser": Hint(
        "Another browser began this sign-in, or this one has forgotten its cookie. Somebody may have been sent a link"
        " to the middle of somebody else's sign-in.",
        "RFC 9700 4.7",
    ),
    "pending.too_many": Hint(
        "More sign-ins were begun from one address than people there would begin. Behind a proxy, see that it names the"
        " client's address; list an address with many people behind it in the allowlist of suspicious-ip-throttling.",
        "",
    ),
    "authorize.client_known": Hint("No application of this tenant has this client_id.", "RFC 6749 4.1.1"),
    "authorize.client_usable": Hint("The application stands for the tenant or for an API, and signs nobody in.", ""),
    "authorize.redirect_uri_unambiguous": Hint(
        "Several callbacks are registered (or only patterns): the request must name one.", "RFC 6749 3.1.2.3"
    ),
    "authorize.redirect_uri_registered": Hint(
        "The redirect_uri differs from every callback of the application, compared by the letter: scheme, port, path,"
        " slash at the end, query. Wildcards fit nothing. Register it, or send the registered one.",
        "RFC 9700 4.1.3",
    ),
    "authorize.response_type_known": Hint("response_type is missing or unknown; use code.", "RFC 6749 3.1.1"),
    "authorize.response_type_offered": Hint(
        "Tokens through the browser are off in this tenant: use response_type code, or set the tenant setting"
        " implicit_and_hybrid_supported.",
        "RFC 9700 2.1.2",
    ),
    "authorize.response_type_granted": Hint(
        "The application lacks a grant type: authorization_code for a code, implicit for tokens through the browser.",
        "RFC 6749 4.1.2.1",
    ),
    "authorize.response_mode_known": Hint("response_mode is unknown.", "OAuth 2.0 Multiple Response Types 2.1"),
    "authorize.response_mode_safe": Hint(
        "A token must not come in a query. Leave response_mode out, or use form_post. query.jwt may carry one where the"
        " application has an authorization_encrypted_response_alg.",
        "OAuth 2.0 Multiple Response Types 3, JARM 2.3.1",
    ),
    "authorization_response.signing_key": Hint(
        "The tenant has no current signing key of the algorithm that the application wants its answers signed with.", ""
    ),
    "authorize.response_signed_as_demanded": Hint(
        "The application's profile has a code sent in a signed answer alone: send response_mode jwt (or query.jwt,"
        " fragment.jwt, form_post.jwt), or ask for code id_token, whose ID token vouches for the code.",
        "FAPI 1 Advanced 5.2.2",
    ),
    "authorize.web_message_origin": Hint(
        "The origin of the redirect_uri is not among the web_origins of the application.", ""
    ),
    "authorize.characters": Hint("A parameter holds control characters.", "RFC 6749 A"),
    "authorize.length": Hint("A parameter is longer than is kept, or all of them together are: 16 KB.", ""),
    "authorize.registration": Hint("The registration parameter is not supported.", "OpenID Connect Core 7.2.1"),
    "authorize.organization": Hint("Organizations are not supported.", ""),
    "authorize.connection": Hint("The tenant has one connection, Username-Password-Authentication.", ""),
    "authorize.nonce_present": Hint("An ID token through the browser needs a nonce.", "OpenID Connect Core 3.2.2.1"),
    "authorize.openid_asked": Hint("An ID token through the browser needs the scope openid.", "OpenID Connect Core 3"),
    "authorize.pkce_method": Hint("code_challenge_method must be named, and be S256.", "RFC 9700 2.1.1"),
    "authorize.pkce_challenge": Hint(
        "code_challenge must be the SHA-256 of the verifier, in base64url without padding.", "RFC 7636 4.2"
    ),
    "authorize.pkce_present": Hint(
        "The application is public, or it or its profile demands PKCE: send code_challenge.", "RFC 7636 4.4.1"
    ),
    "authorize.scope_form": Hint("scope is malformed: words with one space between.", "RFC 6749 3.3"),
    "authorize.access_kind": Hint("online_access and offline_access exclude one another.", ""),
    "authorize.resource_single": Hint("A token is for one API here: send one resource.", "RFC 8707 2"),
    "authorize.resource_form": Hint("resource must be an absolute URI without a fragment.", "RFC 8707 2"),
    "authorize.audience_known": Hint("No API of this tenant has this identifier.", "RFC 8707 2"),
    "authorize.audience_for_people": Hint(
        "The API is the Management API, or its subject_type_authorization gives nothing to people.", ""
    ),
    "authorize.audience_granted": Hint(
        "The API demands a client grant with subject_type user, and the application has none.", ""
    ),
    "authorize.prompt_known": Hint("prompt has an unknown word.", "OpenID Connect Core 3.1.2.1"),
    "authorize.prompt_none_alone": Hint("prompt none stands alone.", "OpenID Connect Core 3.1.2.1"),
    "authorize.max_age": Hint("max_age is a number of seconds.", "OpenID Connect Core 3.1.2.1"),
    "authorize.claims": Hint(
        "The claims parameter is not a JSON object as Core describes it.", "OpenID Connect Core 5.5"
    ),
    "authorize.id_token_hint": Hint(
        "The id_token_hint is no ID token of this tenant; details.reason says which check failed.",
        "OpenID Connect Core 3.1.2.1",
    ),
    "authorize.id_token_hint_owner": Hint("The id_token_hint was issued to another application.", ""),
    "authorize.claimed_subject": Hint(
        "The claims parameter names as sub of the ID token not one person, or another than the id_token_hint.",
        "OpenID Connect Core 5.5.1",
    ),
    "authorize.person_refused": Hint("The person cancelled, or denied what was asked for.", "RFC 6749 4.1.2.1"),
    "authorize.person_needed": Hint(
        "prompt=none was asked, and the person has to do something first; details.step says what.",
        "OpenID Connect Core 3.1.2.6",
    ),
    "authorize.hinted_person": Hint(
        "The application asked for one person by id_token_hint, and another signed in.", "OpenID Connect Core 3.1.2.1"
    ),
    "authorize.acr_unmet": Hint(
        "The application calls an acr essential that this person cannot reach here.",
        "OpenID Connect Core Unmet Authentication Requirements 1.0",
    ),
}
