"""A port for a server of ours: it can listen there, and nobody else is given the port."""

import http.server
import socket

import pytest

from portal.stack.process import free_port


def test_a_server_can_listen_on_a_reserved_port():
    """As every server does that a stack starts."""
    port = free_port()

    server = http.server.HTTPServer(("127.0.0.1", port), http.server.BaseHTTPRequestHandler)
    with server, socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        assert connection.getpeername() == ("127.0.0.1", port)


def test_nobody_else_gets_a_reserved_port():
    """Neither who asks for it nor who asks for any; until our server is there it refuses."""
    port = free_port()

    with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
        stranger.bind(("127.0.0.1", port))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=10)
    assert free_port() != port
