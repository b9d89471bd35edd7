"""An S3-compatible store on loopback, for tests: it counts, and fails when told to."""

import http.client
import re
import secrets
import threading
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, Self

BUCKET = "results"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "a-name-for-tests",
    "AWS_SECRET_ACCESS_KEY": "no-secret-at-all",
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""What a process needs to use it."""

CONDITIONS = ("If-Match", "If-None-Match")
"""Headers that make a write depend on what stands there."""

Start = Callable[..., Any]

_SIGNER = re.compile(r"Credential=([^/]+)/")


class S3Server:
    """moto's S3, in threads of this process, with one bucket in it.

    Attributes:
        requests: method, path and bytes of every request since the last `clear`.
        signers: names of the keys that requests were signed with since then.
        status: what every request is answered with; 0: as a store answers.
        lost_answers: how many of the next writes are done, and answered with 500 all the same.
        before_write: called with the path before each write, for tests in which several meet.
        ignored: headers that it heeds as little as stores do that do not know them.
    """

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, int]] = []
        self.signers: set[str] = set()
        self.status = 0
        self.lost_answers = 0
        self.before_write: Callable[[str], None] = _nothing
        self.ignored: Sequence[str] = ()
        self.port = 0
        self._one_write = threading.Lock()
        self._server: Any = None
        self._app: Any = None

    def __enter__(self) -> Self:
        from moto.moto_server.werkzeug_app import (  # tests alone have it
            DomainDispatcherApplication,
            create_backend_app,
        )

        self._app = DomainDispatcherApplication(create_backend_app)
        self.start()
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("PUT", f"/{BUCKET}", headers={"Host": "s3.amazonaws.com"})
        assert connection.getresponse().status == 200
        connection.close()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listens; after `stop` on the same port, with the same objects."""
        from werkzeug.serving import WSGIRequestHandler, make_server

        class Silent(WSGIRequestHandler):
            def log(self, *_: Any) -> None:
                pass

        self._server = make_server(
            "127.0.0.1", self.port, self._answer, threaded=True, request_handler=Silent
        )
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Refuses connections from now on."""
        self._server.shutdown()
        self._server.server_close()

    def place(self, folder: str = "") -> str:
        """A place in the bucket, another one each time if no folder is named."""
        folder = folder or secrets.token_hex(6)
        return f"s3://{BUCKET}/{folder}?scheme=http&endpoint_override=127.0.0.1:{self.port}"

    def clear(self) -> None:
        """Forgets the requests."""
        self.requests.clear()
        self.signers.clear()

    def reset(self) -> None:
        """Answers as a store does from now on, and forgets the requests."""
        self.status = self.lost_answers = 0
        self.before_write, self.ignored = _nothing, ()
        self.clear()

    def _answer(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        chunked = int(environ.get("HTTP_X_AMZ_DECODED_CONTENT_LENGTH") or 0)
        size = chunked or int(environ.get("CONTENT_LENGTH") or 0)
        self.requests.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], size))
        self.signers.update(_SIGNER.findall(environ.get("HTTP_AUTHORIZATION", "")))
        if self.status:
            environ["wsgi.input"].read(-1 if chunked else size)
            return _refused(self.status, start)
        if environ["REQUEST_METHOD"] != "PUT":
            return self._forward(environ, start)
        return self._write(environ, start)

    def _forward(self, environ: dict[str, Any], start: Start) -> list[bytes]:
        return list(self._app(environ, start))

    def _write(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        self.before_write(environ["PATH_INFO"])
        for header in self.ignored:
            environ.pop(f"HTTP_{header.upper().replace('-', '_')}", None)
        with self._one_write:  # moto tests the condition first and writes then; a store does both
            lost = self.lost_answers > 0
            self.lost_answers -= lost
            answer = self._forward(environ, _unheard if lost else start)
        return _refused(500, start) if lost else answer


def _nothing(path: str) -> None:
    """What happens before a write, as a rule."""


def _unheard(*_: Any) -> None:
    """Where the beginning of an answer goes that is lost."""


def _refused(status: int, start: Start) -> Iterable[bytes]:
    start(f"{status} As told", [("Content-Length", "0")])
    return [b""]
