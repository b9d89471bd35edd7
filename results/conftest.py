"""An S3-compatible store for the tests of this folder."""

from collections.abc import Iterator

import pytest

from results.storage.s3_server import ENVIRONMENT, S3Server


@pytest.fixture(scope="session")
def server() -> Iterator[S3Server]:
    """It runs for as long as the tests do."""
    with S3Server() as bucket:
        yield bucket


@pytest.fixture
def bucket(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Server]:
    """The same, as new: it answers, and has counted nothing."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    server.reset()
    yield server
    server.reset()


@pytest.fixture
def s3(bucket: S3Server) -> str:
    """A place of its own in it."""
    return bucket.place()
