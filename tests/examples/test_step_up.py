"""Step-up from the API's challenge to the answer (RFC 9470): a sign-in that is better, and one that is fresh."""

from __future__ import annotations

from typing import Any

import httpx

from tallystick.sdk.challenges import step_up_of
from tests.authorization.asking import asking, redeemed
from tests.inprocess import InProcess
from tests.people import PASSWORD
from tests.signin import Stop
from tests.ui.factor_steps import Somebody

from .ours import API, Orders

SCOPE = "openid write:orders"


def wanted(answer: httpx.Response) -> dict[str, str]:
    """What the challenge asks the application to ask for."""
    assert answer.status_code == 401
    return step_up_of(answer.headers)


def test_rfc9470_from_the_challenge_to_the_refund(house: InProcess) -> None:
    orders, jane = Orders(house), Somebody(house)
    app = asking(house, jane.browser)
    sign_in = {"username": jane.user.email, "password": PASSWORD}

    def refund(stop: Stop) -> httpx.Response:
        token = redeemed(app, stop.answer["code"])["access_token"]
        return orders.ask("/refunds", [("authorization", f"Bearer {token}")], "POST")

    def ask(**more: Any) -> Stop:
        return app.ask(scope=SCOPE, audience=API, **more)

    # A password is not enough for money; the challenge says what is.
    challenge = wanted(refund(ask().press("sign-in", **sign_in)))
    assert set(challenge) == {"acr_values", "max_age"}
    # The application sends the person back with just that: a second factor is set up, and the refund goes through.
    page = ask(**challenge)
    assert page.path == "/u/factor/enroll"
    jane.key = page.page.by_id["key"].replace(" ", "")
    done = refund(page.press("sign-in", otp=jane.code()).follow("continue"))
    assert (done.status_code, done.json()) == (200, {"refunded": True, "by": jane.user.user_id})
    # Later it was too long ago, however good it was; nobody is asked who signed in a moment ago.
    house.clock.advance(301)
    challenge = wanted(refund(ask()))
    again = ask(**challenge).press("sign-in", **sign_in)
    assert refund(again.press("sign-in", otp=jane.code())).status_code == 200
    assert refund(ask(**challenge)).status_code == 200
