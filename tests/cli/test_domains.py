"""``tallystick domains`` against a real server and a real DNS: what to do next is always said."""

from __future__ import annotations

from typing import Any

from tallystick.cli.exits import FAILED, NOT_FOUND
from tests.administrator import unique
from tests.nameserver import NameServer
from tests.server import Server

from .conftest import Cli
from .test_end_to_end import Operator


def test_a_domain_from_beginning_to_end(cli: Cli, server: Server, dns: NameServer) -> None:
    operator, name = Operator(cli, server), f"{unique('cli')}.example"
    made = operator("domains", "create", name, "--set", "custom_client_ip_header=true-client-ip")
    (id_,) = [word for word in made.out.split() if word.startswith("cd_")]
    shown = operator.json("domains", "show", id_)
    (method,) = shown["verification"]["methods"]
    for said in (made.err, operator("domains", "show", id_).err):
        assert f'_cf-custom-hostname.{name}. TXT "{method["record"]}"' in said
        assert f"tallystick domains verify {id_}" in said
    assert shown["custom_client_ip_header"] == "true-client-ip"
    failed = operator("domains", "verify", id_, code=FAILED)
    assert "is not verified: There is no name" in failed.err
    assert method["record"] in failed.err
    assert failed.out == ""
    dns.texts[method["domain"]] = [method["record"]]
    verified = operator("domains", "verify", id_)
    ready: dict[str, Any] = operator.json("domains", "show", id_)
    for said in (f"Host: {ready['origin_domain_name']}", "cname-api-key: ", f"https://mtls.{name}/", "shown this once"):
        assert said in verified.err
    assert "cname_api_key" in verified.out
    assert operator("domains", "verify", id_).err == ""
    assert "There is no name" in operator("domains", "test", id_, code=FAILED).err
    dns.addresses |= {name: ["192.0.2.1"], f"mtls.{name}": ["192.0.2.1"]}
    assert operator.json("domains", "test", id_) == {"success": True}
    rotated = operator.json("domains", "rotate-key", id_, "--overlap-s", 0)
    assert len(rotated["cname_api_key"]) == 128
    assert rotated["cname_api_key"] not in verified.out
    assert name in operator("domains", "list").out
    assert operator.json("domains", "delete", id_)["deleted"]
    operator("domains", "show", id_, code=NOT_FOUND)


def test_without_a_proxy_there_is_nothing_to_put_into_one(cli: Cli, server: Server, dns: NameServer) -> None:
    operator, name = Operator(cli, server), f"{unique('cli')}.example"
    made = operator.json("domains", "create", name, "--no-proxy")
    (method,) = made["verification"]["methods"]
    dns.texts[method["domain"]] = [method["record"]]
    verified = operator("domains", "verify", made["custom_domain_id"])
    assert verified.err == ""
    assert "origin_domain_name" not in verified.out
    operator("domains", "delete", made["custom_domain_id"], "--yes")
