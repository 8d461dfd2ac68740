"""Which test sends which attack of the reference list: sections B, C, D and F, clause by clause.

A tuple names tests, below ``tests/``; a text says why the clause does not apply. `test_lines.py` holds that every line
is here, and every test there. Sections A, E and G: see the room's own paragraph.
"""

from __future__ import annotations

SECRETS, ENTRIES = "attacks/test_b_secrets.py", "attacks/test_b_every_entry.py"
CANARIES, PEOPLE = "attacks/test_b_canaries.py", "attacks/test_b_canaries_of_people.py"
SPOOFING, PROXIES, MTLS = "attacks/test_c_spoofing.py", "attacks/test_c_proxies.py", "attacks/test_c_mtls.py"
DOMAINS, NAMES, START = "attacks/test_c_domain_keys.py", "attacks/test_c_names.py", "attacks/test_c_start.py"
PKCE, KINDS, ESCALATION = "attacks/test_f_pkce.py", "attacks/test_f_jwt_kinds.py", "attacks/test_f_escalation.py"
TOKENS, RACES, OPAQUE = "attacks/test_f_tokens.py", "attacks/test_f_races.py", "attacks/test_f_opaque.py"
CODES, REFRESHES = "grants/test_authorization_code.py", "grants/test_refresh_token.py"
BROWSER, SESSION = "attacks/test_f_browser_swap.py", "attacks/test_f_session_swap.py"
INSPECT = "tokens/test_inspect.py"
PROOFS, BOUND = "attacks/test_d_proofs.py", "attacks/test_d_resources_binding.py"
SHOWN, NONCES = "attacks/test_d_resources_proofs.py", "attacks/test_d_resources_nonces.py"
ONCE, THERE = "attacks/test_d_once_at_once.py", "attacks/test_d_resources_at_once.py"
KEY, CLAIMS = "sender/test_proof_key.py", "sender/test_proof_claims.py"

Clause = tuple[str, ...] | str

LINES: dict[int, dict[str, Clause]] = {
    15: {
        "constant-time compare": (
            "clientauth/test_client_secret.py::test_b15_every_registered_secret_is_compared_whichever_matches",
        ),
        "equal work for unknown, public, wrong": (
            f"{SECRETS}::test_b15_a_secret_is_hashed_and_a_signature_verified_for_unknown_clients_too",
            "clientauth/test_authenticate.py::test_b15_keys_that_do_not_fit_cost_as_much_as_an_unknown_client",
            "users/test_passwords.py::test_whoever_is_asked_for_one_hash_of_the_same_work_is_compared",
        ),
        "equal answers": (
            f"{SECRETS}::test_b15_the_answer_does_not_tell_why",
            f"{SECRETS}::test_b15_no_answer_tells_which_clients_use_keys",
            f"{ENTRIES}::test_b15_the_answer_is_the_same_whoever_is_named",
        ),
    },
    16: {
        "random, 256 bits": ("clients/test_secrets.py::test_generated_secrets_are_long_and_never_alike",),
        "fast keyed hash": ("clients/test_secrets.py::test_the_hash_depends_on_the_key",),
        "long prefixes never collide": (
            f"{SECRETS}::test_b16_a_prefix_of_the_secret_is_another_secret",
            f"{SECRETS}::test_b16_a_longer_secret_is_another_secret",
            "users/test_passwords.py::test_a_password_is_all_of_its_characters",
        ),
        "hashing as denial of service": (
            f"{SECRETS}::test_b16_huge_secrets_are_refused_before_they_are_hashed",
            "users/test_passwords.py::test_of_those_who_wait_a_queue_stays_and_the_rest_is_told_to_come_back",
        ),
        "rate limit per client and address": "no such tenant setting yet; a wrong secret costs one keyed hash",
    },
    17: {
        "base64, colon, UTF-8, empty id": (
            f"{SECRETS}::test_b17_malformed_headers_are_refused",
            f"{ENTRIES}::test_b17_malformed_headers_are_refused_at_every_endpoint",
        ),
        "double encoding, + and %20": (
            f"{SECRETS}::test_b17_what_rfc_6749_encodes_is_accepted",
            f"{SECRETS}::test_b17_what_is_not_encoded_or_twice_is_another_secret",
        ),
        "several headers, another client beside": (
            f"{SECRETS}::test_b17_several_headers",
            f"{SECRETS}::test_b17_another_client_id_beside_the_header",
        ),
    },
    18: {
        "method none never accepts a secret": (
            f"{SECRETS}::test_b18_a_public_client_never_takes_a_secret",
            f"{ENTRIES}::test_b18_a_public_client_takes_a_secret_at_no_endpoint",
            f"{ENTRIES}::test_b18_a_public_clients_code_with_an_arbitrary_secret",
            f"{ENTRIES}::test_b18_refresh_tokens_with_arbitrary_secrets_are_neither_exchanged_nor_spent",
        ),
        "PKCE instead of the secret": (
            f"{ENTRIES}::test_b18_a_confidential_clients_code_with_pkce_and_no_secret_or_a_wrong_one",
        ),
        "confidential, stored as public": (
            f"{SECRETS}::test_b18_confidential_to_public_and_back",
            f"{ENTRIES}::test_b18_what_was_registered_as_confidential_is_stored_so",
        ),
        "the hash is returned": (
            f"{ENTRIES}::test_b18_no_read_gives_the_secret_or_what_is_kept_of_it_and_that_is_no_secret",
        ),
        "round trip of dynamic registration": "no dynamic registration yet",
    },
    19: {
        "logs, exports, errors, admin reads, database": (
            f"{CANARIES}::test_b19_secrets_are_nowhere",
            f"{CANARIES}::test_b19_assertions_are_nowhere",
            f"{CANARIES}::test_b19_issued_tokens_are_nowhere",
            f"{CANARIES}::test_b19_what_is_asked_about_and_what_stands_in_claims_is_nowhere",
            f"{CANARIES}::test_b19_the_deployments_own_keys_are_nowhere",
            f"{PEOPLE}::test_b19_what_people_hold_is_nowhere",
            "attacks/test_b_canaries_of_tokens.py::test_b19_what_shows_that_a_token_is_held_is_nowhere",
        ),
    },
    20: {
        "header direct": (
            f"{SPOOFING}::test_c20_no_header_is_a_certificate",
            f"{SPOOFING}::test_c20_no_header_binds",
            f"{PROXIES}::test_c20_stranger_with_the_very_header_is_nobody",
            f"{DOMAINS}::test_c20_key_is_good_for_its_own_domain_alone",
        ),
        "over plain HTTP": (f"{PROXIES}::test_c20_stranger_over_plain_http_is_nobody",),
        "two headers": (f"{PROXIES}::test_c20_two_headers_refuse_the_request_and_end_the_connection",),
        "_ and -, upper case": (f"{PROXIES}::test_c20_stranger_with_the_very_header_is_nobody",),
        "beside a real certificate": (
            f"{SPOOFING}::test_c20_a_header_beside_a_real_certificate_changes_nothing",
            f"{PROXIES}::test_c20_header_beside_a_real_certificate_changes_nothing",
        ),
        "Connection strips": (
            f"{SPOOFING}::test_c20_connection_takes_no_header_away",
            f"{PROXIES}::test_c20_connection_takes_no_header_away",
        ),
        "smuggled request": (
            f"{SPOOFING}::test_c20_smuggled_requests_are_never_answered",
            f"{PROXIES}::test_c20_request_smuggled_through_the_proxy_is_never_answered",
        ),
    },
    21: {
        "only the leaf": (
            f"{MTLS}::test_c21_a_name_of_an_intermediate_or_root_matches_nothing",
            f"{MTLS}::test_c21_a_pinned_certificate_elsewhere_in_the_chain_matches_nothing",
            f"{MTLS}::test_c21_somebody_elses_good_certificate_beside_ones_own_proves_nothing",
        ),
        "EKU, validity": (f"{MTLS}::test_c21_leaves_that_are_no_client_certificates",),
        "CA certificate as client": (f"{MTLS}::test_c21_the_authority_itself_is_no_client",),
        "revocation lists": "no revocation list is fetched yet",
    },
    22: {
        "twin authority": (
            f"{MTLS}::test_c22_twin_of_the_root_is_nobody",
            f"{MTLS}::test_c22_twin_of_an_intermediate_is_nobody",
            f"{MTLS}::test_c22_a_pin_is_to_one_authoritys_key",
        ),
    },
    23: {
        "subjects": (f"{NAMES}::test_c23_subjects_compare_whole_and_exactly",),
        "alternative names": (f"{NAMES}::test_c23_alternative_names_compare_by_kind",),
        "wildcards": (f"{NAMES}::test_c23_names_that_could_match_more_than_one_are_not_registered",),
    },
    24: {
        "not in the client's keys": (f"{MTLS}::test_c24_only_the_registered_certificate_is_the_client",),
        "expired": (f"{MTLS}::test_c24_expired_and_future_certificates",),
        "same key, new certificate": (
            f"{MTLS}::test_c24_a_renewed_certificate_over_the_same_key_counts_once_it_is_registered",
        ),
    },
    25: {
        "start without what was asked for": (
            f"{START}::test_c25_given_files_that_are_not_right_stop_the_start",
            f"{START}::test_c25_a_broken_local_authority_stops_the_start",
            f"{PROXIES}::test_start_is_refused_where_a_pin_cannot_be_read",
        ),
        "no anchor": (f"{MTLS}::test_c25_without_an_authority_nobody_is_trusted_and_another_tenants_does_not_count",),
        "probe without a certificate": (f"{START}::test_c25_the_mtls_listener_asks_and_the_public_one_does_not",),
    },
    26: {
        "session resumption": ("front/test_handshake.py::test_sessions_are_never_resumed",),
        "pooled connections": (
            f"{PROXIES}::test_c26_many_clients_over_one_pooled_connection",
            f"{PROXIES}::test_c26_who_was_authenticated_before_is_forgotten",
            f"{PROXIES}::test_c26_key_of_one_request_is_not_the_connections",
        ),
    },
    27: {"CRL and OCSP": "nothing is fetched about a certificate: neither revocation lists nor OCSP"},
    28: {
        "at /userinfo": ("endpoints/test_userinfo.py::test_a_bound_token_needs_its_certificate",),
        "at /userinfo and the Management API": (f"{BOUND}::test_c28_a_certificate_bound_token_needs_its_certificate",),
        "at the Management API, over TLS": (
            "attacks/test_c_binding.py::test_a_bound_management_token_is_refused_without_and_with_another_certificate",
        ),
        "at introspection": (
            "endpoints/test_introspect_proof.py::TestCertificates::test_another_certificate_none_or_a_proof_instead",
        ),
        "at an API with the SDK": (
            "sdk/api/test_client_certificates.py::test_c28_the_handshakes_own_certificate_counts",
            "sdk/api/test_client_certificates.py::test_c28_no_header_takes_the_handshakes_place",
            "examples/test_with_our_server.py::test_c28_a_token_bound_to_a_certificate_opens_with_it_alone",
        ),
        "bound refresh": (
            f"{REFRESHES}::test_a_public_clients_bound_token_stays_and_needs_its_certificate",
            "grants/test_bound_refresh.py::test_a_certificate_that_nobody_registered_binds_code_and_refresh",
        ),
    },
    29: {
        "replay": (
            "endpoints/test_token_dpop.py::test_d29_a_proof_is_used_once",
            "endpoints/test_token_dpop.py::test_d29_it_is_used_once_whatever_the_grant",
            "authorization/test_key_binding.py::test_d29_a_proof_pushes_once_and_is_none_of_another_endpoint",
            f"{SHOWN}::test_d29_a_proof_is_used_once",
            "endpoints/test_introspect_proof.py::TestOnce::test_of_two_gateways_one_takes_a_proof",
            "examples/test_dpop_negatives.py::test_d29_a_replayed_proof_is_refused",
        ),
        "fifty at once, restart": (
            f"{ONCE}::test_one_of_fifty_gets_a_token",
            f"{ONCE}::test_one_of_fifty_pushes",
            f"{ONCE}::test_a_used_proof_is_used_after_a_restart",
            f"{THERE}::test_one_of_fifty_opens_the_management_api",
            "sdk/api/test_protected_resource.py::test_d29_fifty_at_once_one_gets_in",
        ),
        "jti burned by a stranger": (
            "endpoints/test_token_dpop.py::test_d29_a_proof_of_another_key_with_the_same_jti_is_another",
            f"{SHOWN}::test_d29_nobody_burns_anothers_proof",
            "endpoints/test_introspect_proof.py::TestOnce::test_a_stranger_spends_nothing",
        ),
        "flood": ("storage/test_one_time.py::test_a_flood_of_other_values_does_not_push_one_out",),
        "nonce missing": (
            f"{PROOFS}::test_d29_a_public_client_needs_a_nonce_and_loses_nothing_by_being_asked",
            f"{NONCES}::test_d29_a_nonce_is_asked_for_and_used",
        ),
        "nonce old": (
            f"{PROOFS}::test_d29_an_old_nonce_is_over_and_an_older_one_is_replaced_in_time",
            "endpoints/test_introspect_proof.py::TestNonces::test_an_old_one_is_refused",
        ),
        "nonce of another node": (f"{PROOFS}::test_d29_a_nonce_of_another_node_is_good",),
        "nonce of another tenant": (
            f"{PROOFS}::test_d29_a_nonce_and_a_proof_of_another_tenant_are_not",
            f"{NONCES}::test_d29_a_nonce_of_another_tenant_or_deployment",
        ),
    },
    30: {
        "htm, htu": (
            f"{PROOFS}::test_d30_a_proof_of_another_request",
            f"{SHOWN}::test_d30_what_is_no_proof_of_this_request",
            f"{CLAIMS}::test_htm",
            f"{CLAIMS}::test_htu",
        ),
        "query, fragment, case, port": (
            f"{PROOFS}::test_d30_the_url_under_each_of_its_names",
            f"{SHOWN}::test_d30_what_may_vary",
            f"{SHOWN}::test_d30_the_default_port_may_be_said",
            "sender/test_target_uri.py::test_another_url",
        ),
        "ath missing": (f"{CLAIMS}::test_ath", f"{SHOWN}::test_d30_what_is_no_proof_of_this_request"),
        "iat window": (f"{CLAIMS}::test_iat", "sender/test_edges.py::test_how_old_a_proof_may_be"),
        "typ": (f"{KEY}::test_the_type",),
        "symmetric alg": (f"{KEY}::test_d30_no_algorithm_that_is_none_or_symmetric",),
        "private member in jwk": (f"{KEY}::test_d30_private_members_are_refused_whatever_the_kind",),
        "two headers": (
            f"{PROOFS}::test_d30_two_headers_an_empty_one_and_none_of_our_business",
            f"{SHOWN}::test_d30_two_proofs_are_none",
        ),
        "each of them, at an API with the SDK": ("examples/test_dpop_negatives.py::test_d30_details_of_proofs",),
    },
    31: {
        "bearer by hybrid flow": (f"{PROOFS}::test_d31_no_token_through_the_browser_bypasses_a_demand",),
        "downgrade of the scheme": (
            f"{BOUND}::test_d31_a_bound_token_as_a_bearer_token",
            f"{BOUND}::test_d31_a_bound_token_without_its_proof",
            f"{BOUND}::test_d31_an_unbound_token_as_a_bound_one",
        ),
        "unbound, from before it had to be bound": (
            f"{BOUND}::test_d31_an_unbound_token_from_before_it_had_to_be_bound",
        ),
        "another key, a certificate": (
            f"{BOUND}::test_d31_a_proof_of_another_key",
            f"{BOUND}::test_d31_a_certificate_does_not_stand_in_for_a_proof",
        ),
        "dpop_jkt at PAR, /authorize, token": (
            "authorization/test_key_binding.py::test_d31_a_push_with_the_proof_of_another_key_is_refused",
            "authorization/test_key_binding.py::test_d31_the_code_is_redeemed_with_that_key_alone",
        ),
        "refresh with another key": ("grants/test_bound_refresh.py::test_d31_a_public_clients_token_needs_its_holder",),
    },
    38: {
        "challenge dropped, empty, plain, without a method": (
            f"{PKCE}::test_f38_no_downgrade_is_taken_by_any_way",
            f"{PKCE}::test_f38_the_challenge_stays_while_a_person_is_asked",
            f"{CODES}::test_a_verifier_that_nobody_expects_is_refused",
        ),
        "verifier dropped, empty": (
            f"{CODES}::test_ensure_pkce_code_verifier_required_and_right",
            f"{CODES}::test_a_public_client_never_does_without_pkce",
        ),
        "device flow": "there is no device flow",
    },
    39: {
        "code of another client": (f"{CODES}::test_another_clients_code_is_refused_and_not_burnt",),
        "refresh token of another client": (f"{REFRESHES}::test_another_clients_token_is_refused_and_goes_on",),
        "of another tenant": (f"{ESCALATION}::test_f39_what_one_tenant_gave_is_worth_nothing_at_its_neighbour",),
        "the grant is revoked": "a stranger who tries does not end what somebody else holds: see the tests above",
    },
    40: {
        "fifty at once": (f"{RACES}::test_one_code", f"{RACES}::test_one_rotating_refresh_token"),
        "time of check": (
            "attacks/test_f_codes_survive.py::test_40_a_code_loses_against_a_block_that_comes_while_it_is_redeemed",
        ),
        "family": (f"{REFRESHES}::test_a_rotating_token_is_replaced_and_its_reuse_ends_the_family",),
        "after a restart": (f"{ESCALATION}::test_f40_what_was_spent_before_a_restart_is_spent_after_it",),
    },
    41: {
        "refresh tokens and codes": (
            f"{TOKENS}::test_no_part_of_a_refresh_token_can_be_changed",
            f"{TOKENS}::test_changed_tokens_and_codes_spend_and_end_nothing",
        ),
        "opaque access tokens": (
            f"{OPAQUE}::test_41_no_part_and_no_variant_of_an_opaque_token_is_one",
            f"{OPAQUE}::test_41_a_part_of_a_token_revokes_nothing",
        ),
    },
    42: {
        "token exchange, JWT grant": (f"{ESCALATION}::test_f42_no_token_is_exchanged_for_another",),
        "scope, audience, actor": (
            f"{ESCALATION}::test_f42_a_refresh_changes_neither_audience_nor_scope_nor_subject",
            f"{REFRESHES}::test_a_scope_may_be_narrowed_and_never_widened",
            f"{REFRESHES}::test_another_audience_is_not_to_be_had",
        ),
        "refresh not minted silently": (f"{ESCALATION}::test_f42_no_refresh_token_comes_silently",),
    },
    43: {
        "audience": (
            "endpoints/test_introspect.py::TestWhoSeesWhat::test_everybody_else_sees_nothing",
            "endpoints/test_introspect.py::TestTheCaller::test_another_tenants_token_and_another_tenants_client",
        ),
        "not before": ("endpoints/test_introspect.py::TestTokensThatCountNoMore::test_not_before",),
        "cached answer": (
            "endpoints/test_introspect.py::TestTokensThatCountNoMore::test_nothing_is_remembered_of_an_earlier_answer",
            "sdk/api/test_introspection.py::test_cve_2021_32701_scopes_and_proofs_are_judged_anew",
        ),
        "disabled client": (
            "endpoints/test_introspect.py::TestTokensThatCountNoMore::test_an_application_that_is_gone",
        ),
    },
    44: {
        "mix-up": (f"{BROWSER}::test_44_the_answer_names_its_issuer_and_the_code_its_client",),
        "browser swap": (
            f"{BROWSER}::test_44_a_link_into_somebody_elses_sign_in_opens_nothing",
            f"{BROWSER}::test_44_whoever_signs_in_elsewhere_does_not_finish_the_attackers_request",
            f"{SESSION}::test_44_who_chose_an_account_chose_no_other",
        ),
        "consent": (
            f"{SESSION}::test_44_one_persons_consent_is_not_anothers",
            f"{SESSION}::test_44_nobody_consents_to_what_was_not_shown",
        ),
        "at redemption too": (
            f"{CODES}::test_what_changed_since_counts_at_redemption",
            "attacks/test_f_codes_survive.py::test_44_a_code_is_taken_back_with_the_consent",
        ),
        "CIBA lock-out": "there is no CIBA",
    },
    45: {
        "ID, logout and other tokens, proofs, request objects": (
            f"{KINDS}::test_f45_every_door_opens_for_its_own_kind_alone",
            f"{TOKENS}::test_what_is_one_kind_of_token_is_no_other_kind",
            "attacks/test_e_swapped.py::test_45_a_signed_answer_passes_for_no_token",
        ),
        "typ": (
            f"{KINDS}::test_f45_good_claims_under_another_type_open_nothing",
            f"{INSPECT}::test_f45_other_kinds_of_jwt_are_no_access_tokens",
        ),
        "at an API with the SDK": (
            "sdk/api/test_verifier.py::test_f45_a_jwt_of_another_type_is_no_access_token",
            "sdk/api/test_verifier.py::test_f45_what_says_that_it_is_something_else_is_no_access_token",
            "examples/test_with_our_server.py::test_f45_an_id_token_opens_no_api_by_the_applications_own_name",
        ),
        "request object as assertion": (f"{KINDS}::test_f45_a_request_that_could_pass_for_an_assertion_is_no_request",),
    },
    46: {
        "unknown alg, no at_hash": (
            "tokens/test_id_tokens.py::test_an_algorithm_that_is_not_offered_is_refused_and_signs_nothing",
            "tokens/test_id_tokens.py::test_every_signing_algorithm_has_its_hash",
        ),
        "unknown alg, at an API with the SDK": ("sdk/api/test_verifier.py::test_f46_an_unknown_algorithm_is_refused",),
        "unknown confirmation": (
            f"{ESCALATION}::test_f46_a_confirmation_that_nobody_understands_is_never_proven",
            f"{INSPECT}::test_f46_one_more_member_must_be_proven_too",
        ),
        "unknown values": (
            f"{ESCALATION}::test_f46_what_is_asked_and_not_known_gives_no_code",
            f"{ESCALATION}::test_f46_a_kind_of_client_assertion_that_is_unknown_is_none",
        ),
    },
}
"""Number of the line → clause → where it is sent, or why not."""
