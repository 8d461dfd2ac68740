"""A mis-set proxy is a hole: the attacks of this folder would find it, and only the file of the proxy keeps it shut."""

from __future__ import annotations

from tests.application import decoded
from tests.attacks.mtls import Authorities

from .deployment import Deployment
from .misset import misset
from .place import HOST
from .sender import Sender
from .spoofed import attempts


def test_c20_through_a_misset_proxy_a_thief_is_the_victim(deployment: Deployment, authorities: Authorities) -> None:
    victim, holder = authorities.by_dn("CN=victim"), authorities.leaf("CN=victim")
    form = victim.form(client_id=victim.client_id)
    with misset(deployment) as wrong, Sender(wrong, HOST) as sender:
        answers = [sender.ask(form, *headers) for headers in attempts(holder)]
    tokens = [answer.json["access_token"] for answer in answers if answer.status == 200]
    assert tokens
    assert {decoded(token)[1]["cnf"]["x5t#S256"] for token in tokens} == {holder.thumbprint}
