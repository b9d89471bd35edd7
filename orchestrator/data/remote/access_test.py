import time

import pytest

from orchestrator.data.remote.access import Unreachable, access, patience_s
from orchestrator.errors import BadInput
from results.storage import retry

URI = "s3://bucket/x.zip?endpoint_override=127.0.0.1:9"

S3 = "When getting information for key 'x' in bucket 'b': AWS Error {} during HeadObject operation"
PASSING = [
    OSError(S3.format("NETWORK_CONNECTION")),
    OSError(S3.format("UNKNOWN (HTTP status 503)")),
    OSError(S3.format("SLOW_DOWN")),
    OSError("google::cloud::Status(UNAVAILABLE: Retry policy exhausted)"),
    OSError(S3.format("NETWORK_CONNECTION") + ": curlCode: 28, Timeout was reached"),
    ConnectionRefusedError(111, "Connection refused"),
    TimeoutError("timed out"),
]
LASTING = {
    "does not exist; give --data": [
        FileNotFoundError("x"),
        OSError(S3.format("NO_SUCH_BUCKET")),
    ],
    "no permission; put credentials": [
        PermissionError(13, "google::cloud::Status(PERMISSION_DENIED: Permanent error)"),
        OSError(S3.format("ACCESS_DENIED")),
        OSError(S3.format("UNKNOWN (HTTP status 403)")),
    ],
    "cannot be read: When getting": [OSError(S3.format("UNKNOWN (HTTP status 400)"))],
}


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    monkeypatch.setattr(retry, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(retry, "LONGEST_PAUSE_S", 0.02)
    monkeypatch.setattr(retry, "QUIET_S", 0.0)


def failing(times: int, problem: OSError):
    """An action that fails so many times and then gives how often it was tried."""
    tried = []

    def action() -> int:
        tried.append(1)
        if len(tried) <= times:
            raise problem
        return len(tried)

    return action, tried


@pytest.mark.parametrize("problem", PASSING, ids=str)
def test_what_passes_is_tried_again_and_said_once(problem, caplog):
    action, _ = failing(3, problem)
    assert access(action, URI, 5) == 4
    (record,) = caplog.records
    assert record.message.startswith("s3://bucket/x.zip does not answer")


@pytest.mark.parametrize("problem", PASSING, ids=str)
def test_what_does_not_pass_in_time_is_given_up(problem):
    action, tried = failing(1000, problem)
    began = time.monotonic()
    with pytest.raises(Unreachable, match=r"^s3://bucket/x\.zip cannot be reached \(.*copy on"):
        access(action, URI, 0.1)
    assert 0.05 < time.monotonic() - began < 10  # of 1,000 tries
    assert 1 < len(tried) < 40


def test_without_patience_there_is_one_try():
    action, tried = failing(1000, PASSING[0])
    with pytest.raises(Unreachable):
        access(action, URI, 0)
    assert len(tried) == 1


@pytest.mark.parametrize(
    ("message", "problem"),
    [(message, problem) for message, problems in LASTING.items() for problem in problems],
)
def test_what_lasts_is_said_at_once(message, problem):
    action, tried = failing(1000, problem)
    with pytest.raises(BadInput, match=message) as caught:
        access(action, URI, 60)
    assert not isinstance(caught.value, Unreachable)
    assert str(caught.value).startswith("s3://bucket/x.zip ")
    assert len(tried) == 1


def test_the_environment_says_how_long(monkeypatch):
    monkeypatch.delenv("ORCHESTRATOR_STORE_PATIENCE", raising=False)
    assert patience_s() == 120
    monkeypatch.setenv("ORCHESTRATOR_STORE_PATIENCE", "2.5")
    assert patience_s() == 2.5
    monkeypatch.setenv("ORCHESTRATOR_STORE_PATIENCE", "long")
    with pytest.raises(BadInput, match=r"STORE_PATIENCE must be seconds.*'long'"):
        patience_s()
