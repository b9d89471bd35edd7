import asyncio
import io
from types import SimpleNamespace

import pytest

from cluster.job_log import Follower, Lost, Times, ending

SAID = "one\ntwo\nthree\nfour\n"
CUT, SILENCE = object(), object()


class Cluster:
    """A head whose stream of a job's output breaks in the given ways, one after the other."""

    def __init__(self, *streams, status="SUCCEEDED", code=0):
        self.streams = list(streams)
        self.info = SimpleNamespace(status=status, driver_exit_code=code, message=None)
        self.asked = 0

    def get_job_info(self, job_id):
        self.asked += 1
        return self.info if not self.streams else SimpleNamespace(status="RUNNING")

    def get_job_logs(self, job_id):
        return SAID

    async def tail_job_logs(self, job_id):
        for piece in self.streams.pop(0):
            if piece is CUT:
                raise RuntimeError("WebSocket connection closed unexpectedly")
            if piece is SILENCE:
                await asyncio.sleep(60)
            yield piece


def followed(cluster, connect=None, patience=60.0):
    out = io.StringIO()
    times = Times(quiet=0.05, pause=0.01, patience=patience)
    info = asyncio.run(Follower(connect or (lambda: cluster), "job", out, times).to_the_end())
    return info, out.getvalue()


@pytest.mark.parametrize(
    "streams",
    [
        [["one\ntwo\n", "three\nfour\n"]],
        [["one\n"], ["one\ntwo\n", "three\n"]],
        [["one\n", CUT], ["one\ntwo\n", "thr"], [CUT], ["one\ntwo\nthree\nfo"]],
        [["one\ntwo\n", SILENCE], ["one\n", SILENCE], ["one\ntwo\nthree\n"]],
        [[]],
    ],
    ids=["whole", "ended early", "cut thrice", "silent", "nothing"],
)
def test_all_of_the_output_comes_once_however_the_stream_breaks(streams):
    info, output = followed(Cluster(*streams))
    assert output == SAID
    assert ending(info) == (0, "done")


def test_a_head_that_does_not_answer_is_asked_again_and_given_up_in_the_end():
    cluster, calls = Cluster(["one\n"]), []

    def connect():
        calls.append(1)
        if len(calls) < 4:
            raise ConnectionError("refused")
        return cluster

    assert followed(cluster, connect)[1] == SAID
    assert len(calls) == 4

    def never():
        raise ConnectionError("refused")

    with pytest.raises(Lost, match="ConnectionError: refused"):
        followed(cluster, never, patience=0.1)


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        ("SUCCEEDED", 0, (0, "done")),
        ("FAILED", 7, (7, "failed with exit code 7")),
        ("FAILED", -9, (137, "failed with exit code -9")),
        ("STOPPED", None, (130, "stopped")),
        ("FAILED", None, (1, "failed: no room")),
    ],
)
def test_the_exit_code_is_the_job_s(status, code, expected):
    info = SimpleNamespace(status=status, driver_exit_code=code, message="no room\nlast lines")
    assert ending(info) == expected
