"""Refusals of second factors and passkeys."""

from __future__ import annotations

from .hint import Hint, Hints

_TOTP = "RFC 6238 5.2"
_NEW = "WebAuthn Level 3 7.1"
_USED = "WebAuthn Level 3 7.2"

HINTS: Hints = {
    "factor.code": Hint(
        "The code is wrong, or was used already: each is good once. If codes of one person are wrong again and again,"
        " compare the clock of the phone with the server's: a step of 30 seconds either way is allowed.",
        _TOTP,
    ),
    "factor.recovery_code": Hint("It is none of the person's recovery codes, or it was used before.", ""),
    "factor.blocked": Hint(
        "Too many codes were wrong: no more are taken for a while, longer each time. Whoever tries has the person's"
        " password: let them change it. Passkeys are taken all the same; DELETE /api/v2/user-blocks lifts the block.",
        _TOTP,
    ),
    "factor.enrolment": Hint(
        "The page with the key for an authenticator app is over an hour old, or of another browser. Begin again.", ""
    ),
    "factor.exists": Hint("The person has no factor with this id.", ""),
    "factor.registered": Hint("This very passkey or authenticator app is enrolled already, by whomever.", _NEW),
    "factor.not_offered": Hint(
        "The tenant does not offer this kind of factor: see /api/v2/guardian/factors and the connection's options.", ""
    ),
    "factor.last": Hint("The tenant demands a factor of everybody, and this is the person's last.", ""),
    "factor.none": Hint("Recovery codes stand in for a factor, and the person has none.", ""),
    "factor.count": Hint("The person has as many factors as anybody may have. Remove one first.", ""),
    "passkey.malformed": Hint("What came as a passkey is not the JSON form of one.", "WebAuthn Level 3 5.1"),
    "passkey.challenge": Hint(
        "The challenge is not ours, or was made for another browser, another sign-in or another use.", _USED
    ),
    "passkey.challenge_expired": Hint("The challenge is older than five minutes.", _USED),
    "passkey.challenge_used": Hint("The challenge has been used before: somebody repeats an old answer.", _USED),
    "passkey.site": Hint(
        "The passkey was made at another host name: it works at one site alone. Have people use the same domain.",
        _USED,
    ),
    "passkey.assertion": Hint(
        "The passkey's answer does not verify; the evidence has the reason: another origin, another site, a signature"
        " by another key.",
        _USED,
    ),
    "passkey.user_verification": Hint(
        "The authenticator did not make sure who uses it (by a finger, a face, a PIN), as a passkey alone must.", _USED
    ),
    "passkey.counter": Hint(
        "The authenticator's counter did not go on: there may be a copy of it. Remove the passkey and enrol anew.",
        _USED,
    ),
    "passkey.backup": Hint("A passkey said when it was made whether it can be shared, and says otherwise now.", _USED),
    "passkey.frame": Hint("The passkey was used inside another site's frame.", _USED),
    "passkey.unknown": Hint("Nobody here has this passkey, or not this person.", _USED),
    "passkey.user_handle": Hint("The passkey names another person than the one it is registered for.", _USED),
    "passkey.blocked": Hint("An administrator has blocked the account.", ""),
    "passkey.registration": Hint("The new passkey does not verify; the evidence has the reason.", _NEW),
}
