"""An address that is wrong is told at once, with what it should look like."""

from __future__ import annotations

import socket

import pytest

from consumers.emitter.reachable import check_servers, require_intake
from ledger.errors import MalformedError, UnavailableError


@pytest.mark.parametrize("servers", ["a.example:9092", "[::1]:1", "a:1,b:65535", "127.0.0.1:19092"])
def test_servers_are_hosts_with_ports(servers: str) -> None:
    assert check_servers(servers) == servers


@pytest.mark.parametrize("servers", ["", "a", "a:", ":1", "a:0", "a:65536", "a:1,", "a:1 b:1"])
def test_anything_else_is_refused_and_named(servers: str) -> None:
    with pytest.raises(MalformedError, match="is not HOST:PORT"):
        check_servers(servers)


@pytest.mark.parametrize("url", ["foo", "ftp://h", "http://", "http://h:99999", "http://[::1", ""])
def test_a_portal_has_an_http_address(url: str) -> None:
    with pytest.raises(MalformedError, match="is not an HTTP address"):
        require_intake(url)


def test_a_portal_that_is_there_answers_and_one_that_is_not_does_not() -> None:
    """The address is in the sentence."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        require_intake(f"http://127.0.0.1:{port}")
    with pytest.raises(UnavailableError, match=f"no portal answers at 127.0.0.1:{port}"):
        require_intake(f"http://127.0.0.1:{port}/x")
