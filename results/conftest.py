"""An S3-compatible store for the tests of this folder."""

from collections.abc import Iterator

import pytest

from results.testing import ENVIRONMENT, Bucket


@pytest.fixture(scope="session")
def server() -> Iterator[Bucket]:
    """It runs for as long as the tests do."""
    with Bucket() as bucket:
        yield bucket


@pytest.fixture
def bucket(server: Bucket, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """The same, as new: it answers, and has counted nothing."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    server.status = 0
    server.clear()
    yield server
    server.status = 0


@pytest.fixture
def s3(bucket: Bucket) -> str:
    """A place of its own in it."""
    return bucket.place()
