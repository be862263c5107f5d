"""Verification over HTTP: the vectors' logs, served as static files on the loopback."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ledger.chain.notes import VerifierKey
from ledger.chain.sources import MissingObjectError
from ledger.chain.verify import control_keys, verify_log
from ledger.errors import MalformedError, UnavailableError
from portal.cli.log_source import HttpSource
from tests.support.vectors import VECTORS, load


class Handler(SimpleHTTPRequestHandler):
    """Static files; a few paths answer otherwise."""

    seen: list[tuple[str, str | None]] = []
    answers: dict[str, list[int]] = {}

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers.get("Authorization")))
        codes = self.answers.get(self.path)
        if codes:
            code = codes.pop(0)
            self.send_response(code)
            if code == 302:
                self.send_header("Location", "/log/checkpoint")
            self.end_headers()
            return
        super().do_GET()

    def log_message(self, *_args: object) -> None:
        """Keep quiet."""


@pytest.fixture
def prefix() -> Iterator[str]:
    Handler.seen, Handler.answers = [], {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(VECTORS)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def key(log: str) -> VerifierKey:
    return VerifierKey.from_vkey(load("entries")[log]["key"]["vkey"])


@pytest.mark.parametrize("workers", [1, 2])
def test_served_log_is_proved_with_its_signatures(prefix: str, workers: int) -> None:
    _, keys = control_keys(HttpSource(f"{prefix}/control/"), [key("control")])
    report = verify_log(
        HttpSource(f"{prefix}/log/"), [key("case")], workers=workers, emitter_keys=keys
    )
    assert (report.findings, report.entries, report.signatures_checked) == ((), 306, True)


def test_missing_objects_are_missing(prefix: str) -> None:
    source = HttpSource(f"{prefix}/log")
    with pytest.raises(MissingObjectError):
        source.tile("tile/0/002")
    assert source.paths() is None
    report = verify_log(HttpSource(f"{prefix}/examples"), [key("case")])
    assert (report.exit_code, [row.kind for row in report.findings]) == (11, ["missing"])


def test_a_busy_server_is_asked_again_and_not_for_ever(prefix: str) -> None:
    source = HttpSource(f"{prefix}/log", delays_s=(0.0, 0.0))
    Handler.answers["/log/checkpoint"] = [503, 429]
    assert source.checkpoint() == (VECTORS / "log/checkpoint").read_bytes()
    Handler.answers["/log/checkpoint"] = [503, 503, 503]
    with pytest.raises(UnavailableError):
        source.checkpoint()
    assert len(Handler.seen) == 6


@pytest.mark.parametrize("code", [401, 403, 302])
def test_refusals_and_redirects_are_final(prefix: str, code: int) -> None:
    """A redirect would carry the token to wherever it points."""
    Handler.answers["/log/checkpoint"] = [code]
    with pytest.raises(UnavailableError) as error:
        HttpSource(f"{prefix}/log", "secret").checkpoint()
    assert str(code) in str(error.value)
    assert len(Handler.seen) == 1


def test_one_object_that_the_server_refuses_is_missing(prefix: str) -> None:
    """The rest is verified all the same."""
    Handler.answers["/log/tile/entries/000"] = [403] * 9
    report = verify_log(HttpSource(f"{prefix}/log"), [key("case")])
    assert [(row.kind, row.path) for row in report.findings] == [("missing", "tile/entries/000")]
    assert report.findings[0].text == "cannot be read: the server answers 403"


def test_a_server_that_refuses_all_entries_is_unavailable(prefix: str) -> None:
    """As without the token that they need: that is said, and nobody is accused."""
    for path in ("000", "001.p/50", "001"):
        Handler.answers[f"/log/tile/entries/{path}"] = [401] * 9
    with pytest.raises(UnavailableError, match="401"):
        verify_log(HttpSource(f"{prefix}/log"), [key("case")])


def test_token_goes_along_and_is_never_shown(prefix: str) -> None:
    source = HttpSource(f"{prefix}/log", "secret")
    source.checkpoint()
    assert Handler.seen == [("/log/checkpoint", "Bearer secret")]
    assert "secret" not in repr(source)
    assert pickle.loads(pickle.dumps(source)) == source


def test_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(UnavailableError):
        HttpSource("http://127.0.0.1:1/log", delays_s=()).checkpoint()


def test_prefix_is_a_web_address() -> None:
    """Neither the machine's own files nor another protocol is read through it."""
    for wrong in ("ftp://ledger.example/log", "file:///etc", "/var/log"):
        with pytest.raises(MalformedError):
            HttpSource(wrong)
