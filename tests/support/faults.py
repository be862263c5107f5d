"""Faults in two forms: it failed before it took effect, or it took effect and the answer was lost.

``FaultyStore`` stands before a tile store, ``AnswerCutter`` between a client and PostgreSQL.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from ledger.errors import UnavailableError
from ledger.store.tile_store import TileStore

Moment = Literal["before", "after"]


class FaultyStore:
    """A tile store one call of which fails, before or after it took effect.

    Args:
        store: The real one.
    """

    def __init__(self, store: TileStore) -> None:
        self.store = store
        self.calls: list[str] = []
        self._plan: tuple[str, Moment] | None = None
        self._countdown: int | None = None
        self._moment: Moment = "before"

    def fail(self, call: str, moment: Moment) -> None:
        """Let the next call of this name fail."""
        self._plan = (call, moment)

    def fail_at(self, number: int, moment: Moment) -> None:
        """Let the writing call of this number, from 0, fail."""
        self._countdown, self._moment = number, moment

    def write_objects(self, log: str, objects: Sequence[tuple[str, bytes]]) -> None:
        self._do("write_objects", lambda: self.store.write_objects(log, objects))

    def remove_objects(self, log: str, paths: Iterable[str]) -> None:
        self._do("remove_objects", lambda: self.store.remove_objects(log, paths))

    def create_promise(self, log: str, note: bytes) -> None:
        self._do("create_promise", lambda: self.store.create_promise(log, note))

    def swap_promise(self, log: str, old: bytes, new: bytes) -> None:
        self._do("swap_promise", lambda: self.store.swap_promise(log, old, new))

    def publish(self, log: str, note: bytes) -> None:
        self._do("publish", lambda: self.store.publish(log, note))

    def forget_unfinished(self, log: str) -> None:
        self.store.forget_unfinished(log)

    def read(self, log: str, path: str) -> bytes | None:
        return self.store.read(log, path)

    def partials(self, log: str, full_path: str) -> list[str]:
        return self.store.partials(log, full_path)

    def promise(self, log: str) -> bytes | None:
        return self.store.promise(log)

    def _do(self, call: str, action: Callable[[], None]) -> None:
        self.calls.append(call)
        moment = self._due(call)
        if moment == "before":
            raise UnavailableError("fault: nothing was done")
        action()
        if moment == "after":
            raise UnavailableError("fault: done, but nobody learns of it")

    def _due(self, call: str) -> Moment | None:
        if self._plan is not None and self._plan[0] == call:
            moment = self._plan[1]
            self._plan = None
            return moment
        if self._countdown is not None:
            self._countdown -= 1
            if self._countdown < 0:
                self._countdown = None
                return self._moment
        return None


class AnswerCutter:
    """A TCP relay to a server that cuts the line at one message of the client.

    Before: the message is not passed on. After: it is, its answer is awaited and thrown away.

    Args:
        port: The server's, on loopback.
    """

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._plan: tuple[bytes, Moment] | None = None
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def cut(self, message: bytes, moment: Moment) -> None:
        """Cut the line at the next message that holds these bytes."""
        self._plan = (message, moment)

    def stop(self) -> None:
        """Close everything."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for line in self._open:
            _hang_up(line)
        for thread in self._threads:
            thread.join()
        for line in self._open:
            line.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._target)
            self._open += [client, server]
            for work in (self._to_server, self._to_client):
                thread = threading.Thread(target=work, args=(client, server))
                self._threads.append(thread)
                thread.start()

    def _to_server(self, client: socket.socket, server: socket.socket) -> None:
        while data := _receive(client):
            if self._plan is not None and self._plan[0] in data:
                moment, self._plan = self._plan[1], None
                _hang_up(client)
                if moment == "after":
                    _send(server, data)
                    return  # The other thread reads the answer and finds nobody to give it to.
                break
            if not _send(server, data):
                break
        _hang_up(server)

    @staticmethod
    def _to_client(client: socket.socket, server: socket.socket) -> None:
        while (data := _receive(server)) and _send(client, data):
            pass
        _hang_up(client)
        _hang_up(server)


def _receive(line: socket.socket) -> bytes:
    try:
        return line.recv(65_536)
    except OSError:
        return b""


def _send(line: socket.socket, data: bytes) -> bool:
    try:
        line.sendall(data)
    except OSError:
        return False
    return True


def _hang_up(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
