"""Report only: who would break under a floor is told before it is set, and nothing changes."""

from __future__ import annotations

from tests.authorization.asking import set_tenant
from tests.inprocess import InProcess
from tests.profiles.forms import body_of, new_keys

ASKED = "profile-gaps?floor=fapi2_security"


def test_who_would_break_is_told_with_every_field(house: InProcess) -> None:
    weak = house.made("POST", "clients", {"name": "weak", "callbacks": ["http://localhost/"]})
    strong = house.made("POST", "clients", body_of("fapi2_sp_pkj_mtls", new_keys()))
    gaps = {gap["client_id"]: gap for gap in house.ask("GET", ASKED)}
    problems = {one["path"]: one["weight"] for one in gaps[weak["client_id"]]["problems"]}
    assert problems == {"client_authentication_methods": "wrong", "callbacks[0]": "wrong", "grant_types": "idle"}
    assert (gaps[strong["client_id"]]["problems"], gaps[strong["client_id"]]["exempt"]) == ([], False)
    management = gaps[house.bootstrap["management"]["client_id"]]
    assert (management["problems"], management["exempt"]) == ([], True)
    # The global application proves nothing and gets nothing: it is no row.
    assert len(gaps) == 3


def test_without_a_name_it_is_the_floor_in_force(house: InProcess) -> None:
    weak = house.made("POST", "clients", {"name": "weak"})
    assert not any(gap["problems"] for gap in house.ask("GET", "profile-gaps"))
    set_tenant(house, compliance_level_floor="fapi2_security")
    broken = [gap["client_id"] for gap in house.ask("GET", "profile-gaps") if gap["problems"]]
    assert broken == [weak["client_id"]]


def test_it_comes_in_pages(house: InProcess) -> None:
    for name in ("one", "two"):
        house.made("POST", "clients", {"name": name})
    page = house.ask("GET", f"{ASKED}&page=1&per_page=1&include_totals=true")
    assert (page["total"], [gap["name"] for gap in page["profile_gaps"]]) == (3, ["one"])
    assert house.call("GET", "profile-gaps?floor=fapi3").status == 400
