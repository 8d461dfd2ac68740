"""A small DNS server on loopback, over UDP and TCP: it says what a test tells it, also what no good server would."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

UDP_BYTES_MAX = 1232


class NameServer:
    """``texts`` and ``addresses`` by name without the final dot; ``mood`` is how it answers everything."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.addresses: dict[str, list[str]] = {}
        self.aliases: dict[str, str] = {}
        self.mood = ""
        self.asked: list[tuple[str, str, str]] = []
        """(protocol, name, type) of every question."""
        self._servers: list[Any] = []
        self.port = 0

    @property
    def address(self) -> str:
        """What the setting ``dns_server`` takes."""
        return f"127.0.0.1:{self.port}"

    def answer(self, wire: bytes, protocol: str) -> bytes | None:
        """The answer on the wire; None is silence."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((protocol, name, kind))
        response = dns.message.make_response(query)
        if self.mood == "silent":
            return None
        if self.mood == "garbage":
            return wire[:2] + b"\x81\x80" + b"\xff" * 40
        if self.mood == "another question":
            response.question = [
                dns.rrset.RRset(dns.name.from_text("else.example."), dns.rdataclass.IN, dns.rdatatype.TXT)
            ]
        if self.mood in ("SERVFAIL", "REFUSED", "FORMERR"):
            response.set_rcode(dns.rcode.from_text(self.mood))
        else:
            self._fill(response, name, kind)
        encoded = response.to_wire(max_size=65_535)
        if protocol == "udp" and (len(encoded) > UDP_BYTES_MAX or self.mood == "truncated"):
            short = dns.message.make_response(query)
            short.flags |= dns.flags.TC
            return short.to_wire()
        return encoded

    def _fill(self, response: dns.message.Message, name: str, kind: str) -> None:
        if (target := self.aliases.get(name)) is not None:
            response.answer.append(dns.rrset.from_text(f"{name}.", 1, "IN", "CNAME", f"{target}."))
            name = target
        known = {
            "TXT": [_quoted(text) for text in self.texts.get(name, [])],
            "A": [each for each in self.addresses.get(name, []) if ":" not in each],
            "AAAA": [each for each in self.addresses.get(name, []) if ":" in each],
        }
        if found := known.get(kind):
            response.answer.append(dns.rrset.from_text(f"{name}.", 1, "IN", kind, *found))
        elif not any(known.values()):
            response.set_rcode(dns.rcode.NXDOMAIN)

    def start(self) -> None:
        """Listen, on the same free port with both protocols."""
        outer = self

        class Udp(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                wire, opened = self.request
                if (encoded := outer.answer(wire, "udp")) is not None:
                    opened.sendto(encoded, self.client_address)

        class Tcp(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                head = self.rfile.read(2)
                encoded = outer.answer(self.rfile.read(struct.unpack("!H", head)[0]), "tcp") if head else None
                if encoded is not None:
                    self.wfile.write(struct.pack("!H", len(encoded)) + encoded)

        tcp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tcp)
        self.port = tcp.server_address[1]
        udp = socketserver.ThreadingUDPServer(("127.0.0.1", self.port), Udp)
        for server in (tcp, udp):
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
            self._servers.append(server)

    def stop(self) -> None:
        """Listen no more."""
        for server in self._servers:
            server.shutdown()
            server.server_close()


def _quoted(text: str) -> str:
    """A TXT record in the zone file's form, in strings of at most 255 bytes (RFC 1035 3.3)."""
    return " ".join(f'"{text[at : at + 255]}"' for at in range(0, max(len(text), 1), 255))


@contextmanager
def name_server() -> Iterator[NameServer]:
    """A server for as long as the block lasts."""
    server = NameServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def dead_port() -> int:
    """A port of loopback at which nobody answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
