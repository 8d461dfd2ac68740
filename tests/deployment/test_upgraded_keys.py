"""A deployment from before there were keys for encryption gets them at its next start, and keeps all others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tallystick.records import Change
from tallystick.signing.key import ENCRYPTION, SigningKey
from tests.application import now_ms
from tests.inprocess import InProcess, in_process


def key_set(house: InProcess) -> dict[str, dict[str, Any]]:
    return {jwk["kid"]: jwk for jwk in house.request("GET", "/.well-known/jwks.json").json()["keys"]}


def test_keys_for_encryption_are_made_at_the_next_start(tmp_path: Path) -> None:
    with in_process(tmp_path, now_ms()) as house:
        before, tenant_id = key_set(house), house.tenant.tenant_id
        storage = house.worker.storage
        rows = [row for row in house.run(storage.find(SigningKey, tenant_id)) if row.use == ENCRYPTION]
        revision = house.run(storage.revision(tenant_id))
        house.run(storage.commit(Change(tenant_id=tenant_id, base_revision=revision, erasures=rows)))
    with in_process(tmp_path, now_ms()) as house:
        after = key_set(house)
    gone = {row.kid for row in rows}
    assert before.keys() & after.keys() == before.keys() - gone
    made = [after[kid] for kid in after.keys() - before.keys()]
    assert sorted((jwk["use"], jwk["kty"]) for jwk in made) == [("enc", "EC"), ("enc", "RSA")]
