"""Which addresses may be dialled (attacks.md 32)."""

from __future__ import annotations

import pytest

from tallystick.errors import StartupError
from tallystick.outbound.allowed import Allowed, address_of, allowed_of


@pytest.mark.parametrize("text", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "2a00:1450::1", "64:ff9b::101:101"])
def test_public_addresses_may_be_dialled(text: str) -> None:
    assert Allowed().has_address(address_of(text))


@pytest.mark.parametrize(
    "text",
    [
        *("0.0.0.0", "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.31.0.1", "192.168.1.1", "100.64.0.1", "192.0.0.192"),
        *("100.100.100.200", "169.254.169.254", "168.63.129.16", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.1.1.1"),
        *("::", "::1", "::7f00:1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1"),
        *("100::1", "2001:db8::1", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "3fff::1", "4000::1"),
    ],
)
def test_no_other_address_may_be_dialled(text: str) -> None:
    assert not Allowed().has_address(address_of(text))


def test_the_operator_lists_networks_addresses_and_names() -> None:
    allowed = allowed_of(" 10.1.0.0/16, 127.0.0.1,fd00::/8 , RP.internal,localhost ")
    assert all(allowed.has_address(address_of(text)) for text in ("10.1.2.3", "127.0.0.1", "fd00::1", "1.1.1.1"))
    # However it is written, it is the address that was listed.
    assert allowed.has_address(address_of("::ffff:10.1.2.3"))
    assert not any(allowed.has_address(address_of(text)) for text in ("10.2.0.1", "127.0.0.2", "::1", "fc00::1"))
    assert all(allowed.has_host(name) for name in ("rp.internal", "RP.Internal.", "localhost"))
    assert not any(allowed.has_host(name) for name in ("internal", "x.rp.internal", "rp.internal.example", ""))


@pytest.mark.parametrize(
    "text", ["10.0.0.1/8", "10.0.0", "2130706433", "http://a", "a b", "*.internal", "10.0.0.0/33", "é"]
)
def test_a_mistyped_list_stops_the_start(text: str) -> None:
    with pytest.raises(StartupError, match="outbound_allow"):
        allowed_of(text)
