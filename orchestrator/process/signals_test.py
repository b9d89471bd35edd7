import contextlib
import os
import signal
import threading

import pytest

from orchestrator.process.signals import JOB_STOP, Interrupts, termination_as_ctrl_c


def handlers():
    return signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)


@pytest.mark.parametrize(("stop", "heard"), [("SIGINT", True), ("SIGTERM", False), ("", False)])
def test_a_stop_signal_that_a_shell_had_ignored_is_heard_again(stop, heard, monkeypatch):
    monkeypatch.setenv(JOB_STOP, stop)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with termination_as_ctrl_c():
            assert (signal.getsignal(signal.SIGINT) != signal.SIG_IGN) == heard
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_termination_is_an_interrupt_and_handlers_come_back():
    before = handlers()
    with pytest.raises(KeyboardInterrupt), termination_as_ctrl_c():
        os.kill(os.getpid(), signal.SIGTERM)
    assert handlers() == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_that_a_library_swallowed_is_raised_by_the_next_check(number):
    before = handlers()
    with Interrupts() as interrupts:
        interrupts.check()
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), number)
        with pytest.raises(KeyboardInterrupt):
            interrupts.check()
    assert handlers() == before


def test_signals_that_another_took_are_taken_back():
    with Interrupts() as interrupts:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        interrupts.listen()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)


def test_in_another_thread_signals_stay_as_they_are():
    before = handlers()
    during = []

    def work():
        with termination_as_ctrl_c(), Interrupts() as interrupts:
            during.append(handlers())
            interrupts.check()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert during == [before]
