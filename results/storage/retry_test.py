import errno
import logging
import threading
import time

import pytest

from results.storage import retry
from results.storage.retry import (
    QUIET_S,
    SETTING,
    RetryBudget,
    is_transient,
    patience_s,
    with_retries,
)
from results.store import DamagedResults, Store

UPLOADING = "When uploading object with key 'a' in bucket 'b': AWS Error "


@pytest.mark.parametrize(
    "problem",
    [
        OSError(f"{UPLOADING}UNKNOWN (HTTP status 500) during PutObject operation: No response"),
        OSError(f"{UPLOADING}UNKNOWN (HTTP status 503) during PutObject operation: No response"),
        OSError(f"{UPLOADING}UNKNOWN (HTTP status 429) during PutObject operation: No response"),
        OSError(f"{UPLOADING}SLOW_DOWN during PutObject operation: Please reduce your rate"),
        OSError(f"{UPLOADING}INTERNAL_FAILURE during PutObject operation: We encountered"),
        OSError(f"{UPLOADING}NETWORK_CONNECTION during PutObject operation: curlCode: 7, Could"),
        OSError("google::cloud::Status(UNAVAILABLE: Retry policy exhausted)"),
        ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
        TimeoutError("timed out"),
        OSError(errno.EHOSTUNREACH, "No route to host"),
    ],
    ids=str,
)
def test_trouble_that_may_pass(problem):
    assert is_transient(problem)


@pytest.mark.parametrize(
    "problem",
    [
        FileNotFoundError(errno.ENOENT, "Path does not exist 'b/500'"),
        PermissionError(errno.EACCES, "Permission denied"),
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(f"{UPLOADING}ACCESS_DENIED during PutObject operation: No response body."),
        OSError(f"{UPLOADING}NO_SUCH_BUCKET during PutObject operation: does not exist"),
        OSError(f"{UPLOADING}UNKNOWN (HTTP status 400) during PutObject operation: No response"),
        OSError(f"{UPLOADING}INVALID_ACCESS_KEY_ID during PutObject operation: does not exist"),
    ],
    ids=str,
)
def test_trouble_that_will_not_pass(problem):
    assert not is_transient(problem)


def test_environment_says_how_long(monkeypatch):
    monkeypatch.delenv(SETTING, raising=False)
    assert patience_s() == 120.0
    monkeypatch.setenv(SETTING, "2.5")
    assert patience_s() == 2.5


@pytest.mark.parametrize("text", ["soon", "-1", "nan"])
def test_environment_that_says_no_seconds_is_refused(monkeypatch, text):
    monkeypatch.setenv(SETTING, text)
    with pytest.raises(ValueError, match=f"must be seconds, 0 or more; found '{text}'"):
        patience_s()


def test_pauses_grow_to_the_longest_and_end_with_the_patience(monkeypatch):
    pauses: list[float] = []
    now = [0.0]

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(retry.random, "uniform", lambda low, high: high)
    tries: list[float] = []

    def act() -> None:
        tries.append(now[0])
        raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        with_retries(act, "s3://b/a", 20.0)
    assert pauses == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 7.3])
    assert tries[-1] == pytest.approx(20.0)
    assert len(tries) == 9


def fail_for(bucket, seconds, status=500):
    bucket.status = status

    def pass_over():
        bucket.status = 0

    threading.Timer(seconds, pass_over).start()


@pytest.mark.long
def test_store_that_fails_for_a_while_is_written_and_read_in_the_end(bucket, s3, caplog):
    store = Store(s3)
    caplog.set_level(logging.WARNING)
    for status, act in (
        (500, lambda: store.write_bytes("b/c", b"x")),
        (503, lambda: store.read_bytes("b/c")),
    ):
        fail_for(bucket, QUIET_S + 0.1, status)
        caplog.clear()
        act()
        (record,) = caplog.records
        assert record.getMessage().startswith(f"{store.root} does not answer as it should (")
        assert f"status {status}" in record.getMessage()
    assert store.read_bytes("b/c") == b"x"


def test_every_question_waits(bucket, s3):
    store = Store(s3)
    store.write_bytes("b/c", b"x")
    expected = [
        (lambda: store.exists("b/c"), True),
        (lambda: store.size("b/c"), 1),
        (lambda: store.list("b"), ["b/c"]),
        (lambda: store.folders(), ["b"]),
        (lambda: store.delete("b/c"), None),
        (lambda: store.delete_folder("b"), None),
    ]
    for ask, answer in expected:
        fail_for(bucket, 0.1)
        assert ask() == answer
    assert store.list("b") == []


def test_store_that_refuses_connections_for_a_while(bucket, s3, caplog):
    store = Store(s3)
    bucket.stop()
    threading.Timer(0.1, bucket.start).start()
    store.write_bytes("a", b"x")
    assert store.read_bytes("a") == b"x"
    assert not caplog.records  # shorter than what is worth a line


def test_store_that_fails_for_longer_raises_and_names_no_damage(bucket, s3):
    bucket.status = 500
    for act in (
        lambda store: store.write_bytes("a", b"x"),
        lambda store: store.read_bytes("a"),
        lambda store: store.exists("a"),
    ):
        store, began = Store(s3, patience=0.5), time.monotonic()
        with pytest.raises(OSError, match="HTTP status 500"):
            act(store)
        assert 0.4 < time.monotonic() - began < 3
    bucket.status = 0
    assert store.list() == []


def test_no_patience_is_one_try(bucket, s3):
    store = Store(s3).with_patience(0)
    bucket.status = 500
    with pytest.raises(OSError, match="500"):
        store.write_bytes("a", b"x")
    assert len(bucket.requests) == 1


@pytest.mark.parametrize("status", [403, 400, 301])
def test_what_will_not_pass_is_not_tried_again(bucket, s3, status):
    store = Store(s3)
    bucket.status = status
    with pytest.raises(OSError, match="AWS Error"):
        store.write_bytes("a", b"x")
    with pytest.raises(DamagedResults, match="cannot be read"):
        store.read_bytes("a")
    assert [method for method, _, _ in bucket.requests] == ["PUT", "HEAD"]


def test_absent_bucket_and_absent_object_are_not_tried_again(bucket, s3):
    with pytest.raises(DamagedResults, match="does not exist"):
        Store(s3).read_bytes("a")
    assert len(bucket.requests) == 1
    bucket.clear()
    other = s3.replace("s3://results", "s3://nobody")
    with pytest.raises(OSError, match="NO_SUCH_BUCKET"):
        Store(other).write_bytes("a", b"x")
    assert len(bucket.requests) == 1


def test_secrets_of_the_environment_are_in_no_message(bucket, s3, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
    store = Store(s3, patience=0)
    for status in (403, 500):
        bucket.status = status
        with pytest.raises(OSError, match="AWS Error") as caught:
            store.write_bytes("a", b"x")
        assert "wJalrXUtnFEMI" not in str(caught.value)
        assert "AKIDEXAMPLE" not in str(caught.value)


# --- one connection's patience ---------------------------------------------------------------


class Elsewhere:
    """Fails while it is down; counts what was asked of it."""

    def __init__(self):
        self.down, self.tries = True, 0

    def __call__(self):
        self.tries += 1
        if self.down:
            raise ConnectionRefusedError("nobody there")
        return "content"


def test_spent_patience_leaves_one_try_until_something_succeeds():
    store, budget = Elsewhere(), RetryBudget()
    with pytest.raises(OSError, match="nobody there"):
        budget(store, "s3://lab", 0.3)
    assert store.tries > 1
    for _ in range(3):
        store.tries = 0
        with pytest.raises(OSError, match="nobody there"):
            budget(store, "s3://lab", 60)
        assert store.tries == 1
    store.down = False
    assert budget(store, "s3://lab", 60) == "content"
    store.down, store.tries = True, 0
    with pytest.raises(OSError, match="nobody there"):
        budget(store, "s3://lab", 0.3)
    assert store.tries > 1  # there is patience again


def test_a_single_try_that_fails_spends_no_patience():
    store, budget = Elsewhere(), RetryBudget()
    with pytest.raises(OSError, match="nobody there"):
        budget(store, "s3://lab", 0)
    store.tries = 0
    with pytest.raises(OSError, match="nobody there"):
        budget(store, "s3://lab", 0.3)
    assert store.tries > 1
