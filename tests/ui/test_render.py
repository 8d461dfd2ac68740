"""Pages: escaped, in the tenant's dress, with a policy that lets in nothing that is not ours."""

from __future__ import annotations

from tests.inprocess import InProcess


def test_an_asset_is_kept_as_long_as_its_url_names_its_content(house: InProcess) -> None:
    answer = house.request("GET", "/u/assets/style.css?v=0")
    assert answer.status == 200
    assert answer.headers["cache-control"] == "public, no-cache"
    assert house.request("GET", "/u/assets/theme.css").content.startswith(b":root{")
    assert house.request("POST", "/u/assets/style.css").status == 405
    assert house.request("GET", "/u/assets/..%2frender.py").status == 404
