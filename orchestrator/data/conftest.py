"""An S3-compatible store on loopback, its requests counted, and a bucket in it."""

import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pyarrow.fs as pafs
import pytest
from moto.server import ThreadedMotoServer

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass
class Bucket:
    """A bucket, and what was asked of its server."""

    name: str
    address: str
    requests: list[str] = field(default_factory=list)

    def uri(self, key: str) -> str:
        """Of an object or folder."""
        return f"s3://{self.name}/{key}?endpoint_override={self.address}&scheme=http"

    def create(self) -> None:
        """Make it."""
        files, _ = pafs.FileSystem.from_uri(f"{self.uri('')}&allow_bucket_creation=true")
        files.create_dir(self.name)

    def put(self, key: str, content: bytes) -> str:
        """Write an object, and forget the requests so far; its URI."""
        files, place = pafs.FileSystem.from_uri(self.uri(key))
        with files.open_output_stream(place) as stream:
            stream.write(content)
        self.requests.clear()
        return self.uri(key)

    def put_all(self, folder: str, members: dict[str, bytes]) -> str:
        """Write objects below a folder; the folder's URI."""
        files, place = pafs.FileSystem.from_uri(self.uri(folder))
        for name, content in members.items():
            with files.open_output_stream(f"{place}/{name}") as stream:
                stream.write(content)
        self.requests.clear()
        return self.uri(folder)

    def requests_of(self, method: str, key: str = "") -> int:
        """How often objects whose names start so were asked for by this method."""
        return sum(f"{method} /{self.name}/{key}" in line for line in self.requests)


@contextmanager
def _credentials() -> Iterator[None]:
    """The environment holds what a store's clients need."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        yield


def _server() -> tuple[ThreadedMotoServer, str]:
    """A store that runs, and its host and port."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    return server, "{}:{}".format(*server.get_host_and_port())


@pytest.fixture(scope="session")
def s3_address() -> Iterator[str]:
    """Host and port of the store that tests share."""
    server, address = _server()
    with _credentials():
        yield address
    server.stop()


@pytest.fixture
def mortal_bucket() -> Iterator[tuple[Bucket, Callable[[], None]]]:
    """A bucket on a store of its own, and what stops that: the test has to."""
    server, address = _server()
    with _credentials():
        made = Bucket("own", address)
        made.create()
        yield made, server.stop


@pytest.fixture
def bucket(s3_address: str) -> Iterator[Bucket]:
    """An empty bucket."""
    made = Bucket(f"faces-{uuid.uuid4().hex[:8]}", s3_address)
    made.create()
    log, handler = logging.getLogger("werkzeug"), logging.Handler()
    level = log.level
    setattr(handler, "emit", lambda record: made.requests.append(record.getMessage()))  # noqa: B010
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    yield made
    log.removeHandler(handler)
    log.setLevel(level)
