"""An S3-compatible store on loopback, for tests: it counts, and fails when told to."""

import http.client
import secrets
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self

BUCKET = "results"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "a-name-for-tests",
    "AWS_SECRET_ACCESS_KEY": "no-secret-at-all",
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""What a process needs to use it."""

Start = Callable[..., Any]


class Bucket:
    """moto's S3, in threads of this process, with one bucket in it.

    Attributes:
        asked: method, path and bytes of every request since the last `clear`.
        status: what every request is answered with; 0: as a store answers.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, int]] = []
        self.status = 0
        self.port = 0
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
        """Forgets what was asked."""
        self.asked.clear()

    def _answer(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        chunked = int(environ.get("HTTP_X_AMZ_DECODED_CONTENT_LENGTH") or 0)
        size = chunked or int(environ.get("CONTENT_LENGTH") or 0)
        self.asked.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], size))
        if self.status:
            environ["wsgi.input"].read(-1 if chunked else size)
            start(f"{self.status} As told", [("Content-Length", "0")])
            return [b""]
        return self._app(environ, start)
