"""The table of checks: what an authorization request must be, whichever way it came in. Pure.

Rows are steps in order. A row refuses, narrows what is asked, or leaves what it found for later ones; the first six
are the way to a proven redirect URI, before which every refusal is a page. ``at`` names the entry points at which a row
is walked, the columns of the table: :class:`~tallystick.authorization.walk.EntryPoint`. A new way in is a member there,
and goes into the sets of the rows that it must pass; ``EVERYWHERE`` grows by itself. No way in has checks of
its own elsewhere; what a pushed or signed request *is* finds `authorization.incoming`.

Each row names the test that turns red without it; `tests/authorization/test_table.py` removes every row to see that.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from . import (
    client_checks,
    detail_checks,
    form_checks,
    person_checks,
    provenance_checks,
    response_checks,
    target_checks,
)
from .request import AuthorizationRequest
from .walk import EntryPoint, Walk, end

EVERYWHERE = frozenset(EntryPoint)
_CLIENT = "tests/authorization/test_client_checks.py"
_PROVENANCE = "tests/authorization/test_provenance_checks.py"
_FORM = "tests/authorization/test_form_checks.py"
_RESPONSE = "tests/authorization/test_response_checks.py"
_SIGNED = "tests/authorization/test_signed_answers.py"
_PKCE = "tests/authorization/test_pkce.py"
_KEY = "tests/authorization/test_key_binding.py"
_TARGET = "tests/authorization/test_target_checks.py"
_DETAIL = "tests/authorization/test_detail_checks.py"
_PERSON = "tests/authorization/test_person_checks.py"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One row."""

    name: str
    """Its refusals' check in the log is ``authorize.`` and this."""
    test: Callable[[Walk], None]
    refuted_by: str
    """The test that fails when the row is not there, as pytest names it."""
    at: frozenset[EntryPoint] = EVERYWHERE


def _row(test: Callable[[Walk], None], file: str, refuted_by: str) -> Check:
    return Check(name=test.__name__, test=test, refuted_by=f"{file}::{refuted_by}")


WAY_OUT: tuple[Check, ...] = (
    # Who asks, and where the answer goes.
    _row(client_checks.client_known, _CLIENT, "test_an_unknown_client_is_told_on_a_page"),
    _row(client_checks.client_usable, _CLIENT, "test_the_global_client_signs_nobody_in"),
    _row(client_checks.redirect_uri_unambiguous, _CLIENT, "test_of_several_redirect_uris_one_must_be_named"),
    _row(client_checks.redirect_uri_named, _CLIENT, "test_under_a_profile_the_only_redirect_uri_is_named_too"),
    _row(client_checks.redirect_uri_secure, _CLIENT, "test_under_a_profile_an_old_callback_without_tls_gets_nothing"),
    _row(client_checks.redirect_uri_registered, _CLIENT, "test_an_unregistered_redirect_uri_is_a_page"),
    # How the answer comes.
    _row(response_checks.response_type_known, _RESPONSE, "test_an_unknown_response_type_is_refused"),
    _row(response_checks.response_type_offered, _RESPONSE, "test_tokens_through_the_browser_need_the_tenants_switch"),
    _row(response_checks.response_type_granted, _RESPONSE, "test_a_response_type_needs_the_clients_grant"),
    _row(response_checks.response_type_in_profile, _RESPONSE, "test_a_profile_has_its_own_response_types"),
    _row(response_checks.response_mode_known, _RESPONSE, "test_an_unknown_response_mode_is_refused"),
    _row(response_checks.response_mode_safe, _RESPONSE, "test_no_token_ever_comes_in_a_query"),
    _row(response_checks.response_signed_as_demanded, _RESPONSE, "test_a_profile_may_demand_signed_answers"),
    _row(response_checks.web_message_origin, _RESPONSE, "test_a_web_message_needs_a_registered_origin"),
    _row(response_checks.response_mode_chosen, _RESPONSE, "test_errors_take_the_response_mode_that_was_asked_for"),
)
"""What decides where an answer goes, and as what."""
CHECKS: tuple[Check, ...] = (
    *WAY_OUT,
    # How the request came in.
    _row(provenance_checks.pushed_as_demanded, _PROVENANCE, "test_a_client_demands_that_requests_are_pushed"),
    _row(provenance_checks.signed_as_demanded, _PROVENANCE, "test_a_client_demands_that_requests_are_signed"),
    _row(provenance_checks.vouching_credential_live, _PROVENANCE, "test_a_withdrawn_credential_takes_its_push_along"),
    _row(response_checks.response_signable, _SIGNED, "test_an_algorithm_that_the_profile_does_not_have_signs_nothing"),
    # What came as such.
    _row(form_checks.characters, _FORM, "test_control_characters_are_refused"),
    _row(form_checks.length, _FORM, "test_a_parameter_is_bounded"),
    _row(form_checks.registration, _FORM, "test_a_registration_is_refused_not_ignored"),
    _row(form_checks.organization, _FORM, "test_an_organization_is_refused_not_ignored"),
    _row(form_checks.connection, _FORM, "test_another_connection_is_refused_not_ignored"),
    # What proves that the application which asked is the one that gets the answer.
    _row(response_checks.nonce_present, _RESPONSE, "test_an_id_token_in_front_needs_a_nonce"),
    _row(response_checks.openid_asked, _RESPONSE, "test_an_id_token_in_front_needs_the_scope_openid"),
    _row(response_checks.pkce_method, _PKCE, "test_plain_is_refused"),
    _row(response_checks.pkce_challenge, _PKCE, "test_a_malformed_challenge_is_refused"),
    _row(response_checks.pkce_present, _PKCE, "test_a_public_client_needs_a_challenge"),
    _row(response_checks.dpop_jkt, _KEY, "test_a_malformed_thumbprint_is_refused"),
    # For which API, and what.
    _row(target_checks.scope_form, _TARGET, "test_a_malformed_scope_is_refused"),
    _row(target_checks.access_kind, _TARGET, "test_online_and_offline_exclude_one_another"),
    _row(target_checks.resource_single, _TARGET, "test_several_resources_are_refused"),
    _row(target_checks.resource_form, _TARGET, "test_a_resource_is_an_absolute_uri"),
    _row(target_checks.audience_known, _TARGET, "test_an_unknown_api_is_refused"),
    _row(target_checks.audience_for_people, _TARGET, "test_nobody_gets_a_token_for_the_management_api"),
    _row(target_checks.audience_granted, _TARGET, "test_an_api_may_demand_a_grant_for_people"),
    _row(target_checks.scope_within_grant, _TARGET, "test_a_grant_for_people_bounds_the_scopes"),
    _row(target_checks.scope_defined, _TARGET, "test_a_scope_that_nobody_defines_is_left_out"),
    _row(target_checks.offline_access, _TARGET, "test_offline_access_needs_client_and_api"),
    # What, in detail.
    _row(detail_checks.details_protected, _DETAIL, "test_details_come_in_nothing_that_could_be_changed"),
    _row(detail_checks.details_form, _DETAIL, "test_details_are_strict_json_within_bounds"),
    _row(detail_checks.details_type, _DETAIL, "test_a_type_is_registered_at_the_api"),
    _row(detail_checks.details_contents, _DETAIL, "test_the_schema_of_the_type_is_held"),
    _row(detail_checks.details_location, _DETAIL, "test_a_location_is_the_api_itself"),
    _row(detail_checks.details_granted, _DETAIL, "test_a_grant_for_people_bounds_the_types"),
    # Whom, and how.
    _row(person_checks.prompt_known, _PERSON, "test_an_unknown_prompt_is_refused"),
    _row(person_checks.prompt_none_alone, _PERSON, "test_prompt_none_stands_alone"),
    _row(person_checks.max_age, _PERSON, "test_max_age_is_a_number"),
    _row(person_checks.claims, _PERSON, "test_a_malformed_claims_parameter_is_refused"),
    _row(person_checks.id_token_hint, _PERSON, "test_a_hint_that_is_not_ours_is_refused"),
    _row(person_checks.id_token_hint_owner, _PERSON, "test_a_hint_of_another_client_is_refused"),
    _row(person_checks.claimed_subject, _PERSON, "test_a_subject_that_is_claimed_is_whose_tokens_come"),
)


def checked(walk: Walk, entry_point: EntryPoint) -> AuthorizationRequest:
    """The request, when every row of this entry point held; raises OAuthError.

    Where the answer to a refusal goes, the walk knows: :meth:`~tallystick.authorization.walk.Walk.destination`.
    """
    for check in CHECKS:
        if check.at is EVERYWHERE or entry_point in check.at:
            check.test(walk)
    return end(walk)
