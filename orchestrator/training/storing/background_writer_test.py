import threading
import time

import pytest

from orchestrator.training.storing.background_writer import BackgroundWriter


def waits_for(condition, seconds=30.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.001)


def test_the_first_job_is_done_at_once_and_by_another_thread():
    writer, names = BackgroundWriter(3600), []
    writer.put(lambda: names.append(threading.current_thread().name))
    waits_for(lambda: names)
    assert names == ["writer"]


def test_of_the_jobs_that_wait_the_newest_is_done_and_never_sooner_than_due():
    writer, done = BackgroundWriter(0.5), []
    began = time.monotonic()
    for number in range(20):
        writer.put(lambda number=number: done.append((number, time.monotonic() - began)))
        waits_for(lambda: done)
    waits_for(lambda: len(done) == 2)
    (first, _), (last, after) = done
    assert (first, last) == (0, 19)
    assert after >= 0.5


def test_flush_does_what_waits_here_and_now():
    writer, done = BackgroundWriter(3600), []
    writer.put(lambda: None)
    waits_for(lambda: writer._waiting is None)
    for number in range(3):
        writer.put(lambda number=number: done.append((number, threading.current_thread().name)))
    writer.flush()
    assert done == [(2, "MainThread")]
    writer.flush()
    assert len(done) == 1


def test_flush_waits_for_the_job_under_way():
    writer, begun, ends, done = BackgroundWriter(3600), threading.Event(), threading.Event(), []

    def job():
        begun.set()
        ends.wait(30)
        done.append("first")

    writer.put(job)
    begun.wait(30)
    writer.put(lambda: done.append("second"))
    threading.Timer(0.1, ends.set).start()
    writer.flush()
    assert done == ["first", "second"]


def fails():
    raise OSError("full")


@pytest.mark.parametrize("call", ["put", "flush"])
def test_what_a_job_raised_is_raised_once_by_the_next_call(call):
    writer, done = BackgroundWriter(0), []
    writer.put(fails)
    waits_for(lambda: writer._error)
    with pytest.raises(OSError, match="full"):
        writer.flush() if call == "flush" else writer.put(lambda: done.append("not taken"))
    writer.flush()
    assert done == []


def test_flush_raises_what_its_own_job_raised():
    writer = BackgroundWriter(3600)
    writer._due = time.monotonic() + 3600
    writer.put(fails)
    with pytest.raises(OSError, match="full"):
        writer.flush()


def test_what_is_forgotten_is_neither_done_nor_raised():
    writer, done = BackgroundWriter(0), []
    writer.put(fails)
    waits_for(lambda: writer._error)
    writer._due = time.monotonic() + 3600
    writer._waiting = lambda: done.append("forgotten")
    writer.forget()
    writer.flush()
    assert done == []
