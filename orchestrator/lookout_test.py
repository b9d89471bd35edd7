import socket
import threading
import time

import pytest

from orchestrator.lookout import SETTING, ClusterLost, lookout, patience


def listening():
    server = socket.create_server(("127.0.0.1", 0))
    return server, "{}:{}".format(*server.getsockname())


def test_who_answers_is_left_alone():
    server, address = listening()
    with server, lookout(address, seconds=0.1, every=0.02):
        time.sleep(0.5)


def test_silence_ends_the_block_and_says_whose_it_was():
    server, address = listening()
    with pytest.raises(ClusterLost, match=f"{address} has not answered for 0 s"):  # noqa: SIM117
        with lookout(address, seconds=0.3, every=0.02):
            server.close()
            began = time.monotonic()
            time.sleep(10)
    assert 0.2 < time.monotonic() - began < 3


def test_a_head_that_comes_back_in_time_is_not_lost():
    server, address = listening()
    with lookout(address, seconds=1.5, every=0.02):
        server.close()
        time.sleep(0.4)
        with socket.create_server(("127.0.0.1", int(address.rpartition(":")[2]))):
            time.sleep(1.6)


def test_it_is_passed_over_by_nobody_who_catches_exceptions():
    assert not issubclass(ClusterLost, Exception)


def test_outside_the_main_thread_it_does_nothing():
    done = []

    def work():
        with lookout("127.0.0.1:9", seconds=0.0, every=0.01):
            time.sleep(0.1)
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]


@pytest.mark.parametrize(
    ("said", "expected"), [(None, 40.0), ("300", 280.0), ("10", 5.0), ("soon", 40.0)]
)
def test_it_speaks_before_ray_ends_the_process(monkeypatch, said, expected):
    monkeypatch.delenv(SETTING, raising=False)
    if said is not None:
        monkeypatch.setenv(SETTING, said)
    assert patience() == expected
