"""A small S3 server for tests: objects in memory, conditional puts kept, or taken and ignored.

It knows the requests that the tile store makes; signatures are not checked.
"""

from __future__ import annotations

import hashlib
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from obstore.store import S3Store

BUCKET = "tiles"


class _Handler(BaseHTTPRequestHandler):
    objects: dict[str, bytes]
    lock: threading.Lock
    conditional: bool

    def do_PUT(self) -> None:
        body = self._body()
        with self.lock:
            now = self.objects.get(self._key())
            wanted, absent = self.headers.get("If-Match"), self.headers.get("If-None-Match")
            kept = absent is None or now is None
            if wanted is not None:
                kept = now is not None and _etag(now) == wanted
            if self.conditional and not kept:
                self._answer(412, _error("PreconditionFailed"))
                return
            self.objects[self._key()] = body
        self._answer(200, b"", etag=_etag(body))

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        if "list-type" in query:
            prefix = query.get("prefix", [""])[0]
            found = sorted(key for key in self.objects if key.startswith(prefix))
            self._answer(200, _listing(found, self.objects))
        elif (data := self.objects.get(self._key())) is None:
            self._answer(404, _error("NoSuchKey"))
        else:
            self._answer(200, data, etag=_etag(data))

    def do_POST(self) -> None:
        keys = re.findall(r"<Key>([^<]*)</Key>", self._body().decode())
        with self.lock:
            for key in keys:
                self.objects.pop(key, None)
        deleted = "".join(f"<Deleted><Key>{escape(key)}</Key></Deleted>" for key in keys)
        self._answer(200, f"<DeleteResult>{deleted}</DeleteResult>".encode())

    def log_message(self, *_args: object) -> None:
        """Say nothing."""

    def _key(self) -> str:
        return unquote(urlsplit(self.path).path).removeprefix(f"/{BUCKET}/")

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _answer(self, status: int, body: bytes, etag: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", "Sun, 01 Nov 2026 00:00:00 GMT")
        if etag is not None:
            self.send_header("ETag", etag)
        self.end_headers()
        self.wfile.write(body)


class S3Server:
    """A running server on a free loopback port.

    Args:
        conditional: Whether puts keep If-Match and If-None-Match.
    """

    def __init__(self, *, conditional: bool = True) -> None:
        self.objects: dict[str, bytes] = {}
        parts = {"objects": self.objects, "lock": threading.Lock(), "conditional": conditional}
        handler = type("Handler", (_Handler,), parts)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def endpoint(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def bucket(self) -> S3Store:
        """Return the bucket as obstore sees it."""
        return bucket_at(self.endpoint)

    def stop(self) -> None:
        """Stop it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def bucket_at(endpoint: str) -> S3Store:
    """Return the bucket ``tiles`` of any S3 server that checks no signatures."""
    return S3Store(
        BUCKET,
        endpoint=endpoint,
        access_key_id="tests",
        secret_access_key="tests",
        region="us-east-1",
        virtual_hosted_style_request=False,
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )


def _etag(data: bytes) -> str:
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def _error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()


def _listing(keys: list[str], objects: dict[str, bytes]) -> bytes:
    rows = "".join(
        f"<Contents><Key>{escape(key)}</Key><Size>{len(objects[key])}</Size>"
        f"<ETag>{escape(_etag(objects[key]))}</ETag>"
        "<LastModified>2026-11-01T00:00:00.000Z</LastModified></Contents>"
        for key in keys
    )
    head = f"<Name>{BUCKET}</Name><KeyCount>{len(keys)}</KeyCount><IsTruncated>false</IsTruncated>"
    return f"<ListBucketResult>{head}{rows}</ListBucketResult>".encode()
