import json
import re
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from results.errors import JournalLost
from results.journal import process_identity
from results.journal.event_journal import Busy
from results.journal.lease import Lease
from results.storage.s3_server import CONDITIONS
from results.store import Store

pytestmark = pytest.mark.long

SECONDS = 1.2
NAME = "journal.lease"


KINDS = ["conditional", "plain"]


@pytest.fixture(params=[(), CONDITIONS], ids=KINDS)
def store(request, bucket, s3):
    """One that refuses a write where another was faster, and one that heeds no condition."""
    bucket.ignored = request.param
    return Store(s3).below("first")


@pytest.fixture(params=[(), pytest.param(CONDITIONS, marks=pytest.mark.slow)], ids=KINDS)
def waiting_store(request, bucket, s3):
    """The same, for what only takes its time: watching, renewing and asking are one code.

    What differs, the object, is tested with both, here and in shared_object_test.py.
    """
    bucket.ignored = request.param
    return Store(s3).below("first")


def left_by(store, **fields):
    """A lease whose holder does not renew it."""
    store.write_bytes(NAME, json.dumps({"token": "old", "beat": 7, **fields}).encode())


def test_taken_held_and_given_back(store):
    lease = Lease(store, NAME, SECONDS).take()
    fields = store.read_json(NAME)
    assert fields["holder"] == process_identity.shown()
    lease.check()
    lease.release()
    assert not store.exists(NAME)


def test_it_is_renewed_while_it_is_held(store):
    lease = Lease(store, NAME, SECONDS).take()
    first, until = store.read_json(NAME), time.monotonic() + SECONDS
    second = first
    while second["beat"] - first["beat"] < 2 and time.monotonic() < until:
        time.sleep(0.02)
        second = store.read_json(NAME)
    lease.release()
    assert second["token"] == first["token"]
    assert second["beat"] - first["beat"] >= 2


def test_second_one_is_refused_as_soon_as_it_sees_life(store):
    first = Lease(store, NAME, SECONDS).take()
    began = time.monotonic()
    expected = f"sweep first is already being written by {process_identity.shown()}"
    with pytest.raises(Busy) as caught:
        Lease(store, NAME, SECONDS).take()
    assert str(caught.value).startswith(expected)
    assert time.monotonic() - began < SECONDS
    first.check()
    first.release()


def test_given_back_while_watched_is_taken(waiting_store):
    store = waiting_store
    first = Lease(store, NAME, SECONDS).take()
    first._end.set()  # no renewal any more that would show life
    assert first._thread is not None
    first._thread.join()
    threading.Timer(SECONDS / 4, first.release).start()
    began = time.monotonic()
    second = Lease(store, NAME, SECONDS).take()
    assert time.monotonic() - began < SECONDS
    second.release()


def test_lease_that_nobody_renews_is_taken_over_after_its_time(waiting_store):
    store = waiting_store
    left_by(store, holder="process 7 (elsewhere)", host="elsewhere")
    began = time.monotonic()
    lease = Lease(store, NAME, SECONDS).take()
    assert SECONDS <= time.monotonic() - began < 2 * SECONDS
    assert store.read_json(NAME)["holder"] == process_identity.shown()
    lease.release()


def test_damaged_lease_is_watched_like_any_other(store):
    contents = [b"", b"{", b"[]", b"\xff", b"null"]
    leases = [Lease(store, f"{number}.lease", SECONDS) for number in range(len(contents))]
    for lease, content in zip(leases, contents, strict=True):
        store.write_bytes(lease._name, content)
    began = time.monotonic()
    with ThreadPoolExecutor(len(leases)) as pool:
        list(pool.map(Lease.take, leases))
    assert time.monotonic() - began >= SECONDS
    for lease in leases:
        lease.check()
        lease.release()


def test_process_of_this_machine_that_has_ended_is_not_waited_for(store):
    left_by(store, **{**process_identity.identity(), "started": "1"})
    began = time.monotonic()
    lease = Lease(store, NAME, 30.0)
    lease._seconds = SECONDS
    lease.take().release()
    assert time.monotonic() - began < SECONDS


def test_clocks_are_not_compared(store):
    """The holder's time of day and the server's may be anything: they are not even told."""
    lease = Lease(store, NAME, SECONDS).take()
    fields = store.read_json(NAME)
    lease.release()
    assert set(fields) == {
        "holder", "token", "beat", "host", "boot", "namespace", "pid", "started",
    }  # fmt: skip


def displaced(lease):
    """Waits for it, not longer than three renewals should take."""
    until = time.monotonic() + SECONDS / 2
    while not lease._successor and time.monotonic() < until:
        time.sleep(0.01)


def test_displaced_holder_learns_it_at_its_next_renewal(store):
    lease = Lease(store, NAME, SECONDS).take()
    left_by(store, holder="process 7 (elsewhere)")
    displaced(lease)
    with pytest.raises(Busy, match=r"by process 7 \(elsewhere\)"):
        lease.check()
    lease.release()
    assert store.read_json(NAME)["token"] == "old"  # the other's stays


def test_holder_whose_lease_has_vanished_goes_no_further(store):
    lease = Lease(store, NAME, SECONDS).take()
    store.delete(NAME)
    displaced(lease)
    with pytest.raises(JournalLost, match="keeps others out, was deleted while the sweep"):
        lease.check()
    lease.release()
    assert not store.exists(NAME)


def test_holder_that_could_not_renew_asks_before_it_goes_on(bucket, waiting_store):
    store = waiting_store
    lease = Lease(store, NAME, SECONDS).take()
    bucket.status = 500
    time.sleep(0.7 * SECONDS)
    threading.Timer(0.3, setattr, (bucket, "status", 0)).start()
    began = time.monotonic()
    lease.check()  # waits until the store answers
    assert time.monotonic() - began > 0.2
    lease.release()


def test_store_that_fails_is_no_sign_of_death(bucket, waiting_store):
    """Neither can renew or look meanwhile; afterwards the first one still has it."""
    store = waiting_store
    first = Lease(store, NAME, SECONDS).take()
    messages: list[str] = []

    def second() -> None:
        try:
            Lease(store, NAME, SECONDS).take()
        except Busy as problem:
            messages.append(str(problem))

    bucket.status = 500
    watcher = threading.Thread(target=second)
    watcher.start()
    time.sleep(1.2 * SECONDS)
    bucket.status = 0
    watcher.join()
    assert len(messages) == 1
    first.check()
    first.release()


def test_of_two_that_take_over_at_once_one_holds_in_the_end(store):
    left_by(store)
    leases = [Lease(store, NAME, 0.6) for _ in range(4)]
    outcome: dict[int, str] = {}
    begin = threading.Barrier(len(leases))

    def take(number: int) -> None:
        begin.wait()
        try:
            leases[number].take()
            time.sleep(0.6)
            leases[number].check()
            outcome[number] = "holds"
        except Busy:
            outcome[number] = "refused"

    takers = [threading.Thread(target=take, args=(number,)) for number in range(len(leases))]
    for taker in takers:
        taker.start()
    for taker in takers:
        taker.join()
    assert sorted(outcome.values()) == ["holds", "refused", "refused", "refused"]
    for lease in leases:
        lease.release()


ROUNDS = 50


def take_both(store, bucket) -> tuple[list[Lease], list[str]]:
    """Who held it and what the other was told, where both saw the dead one's before they wrote."""
    meeting, first_two = threading.Barrier(2, timeout=20), iter(range(2))
    held: list[Lease] = []
    refused: list[str] = []

    def meet(path: str) -> None:
        if next(first_two, None) is not None:
            meeting.wait()

    def take() -> None:
        try:
            held.append(Lease(store, NAME).take())
        except Busy as problem:
            refused.append(str(problem))

    bucket.before_write = meet
    takers = [threading.Thread(target=take) for _ in range(2)]
    for taker in takers:
        taker.start()
    for taker in takers:
        taker.join()
    return held, refused


@pytest.mark.long
def test_of_two_that_take_over_in_the_same_moment_exactly_one_holds(bucket, s3):
    store = Store(s3)
    dead = {**process_identity.identity(), "started": "1"}
    for beat in range(ROUNDS):
        left_by(store, **dead, beat=beat)
        (lease,), (message,) = take_both(store, bucket)
        assert message.startswith("sweep ")
        assert lease.exclusive
        lease.check()
        assert store.read_json(NAME)["token"] == lease._token
        lease.release()
        assert not store.exists(NAME)


def test_displaced_holder_overwrites_nothing(bucket, s3):
    """Its renewal is refused by the store itself: no moment lies between looking and writing."""
    store = Store(s3)
    lease = Lease(store, NAME, SECONDS).take()
    bucket.clear()
    left_by(store, holder="process 7 (elsewhere)")
    displaced(lease)
    assert [method for method, _, _ in bucket.requests] == ["PUT", "PUT", "GET"]
    assert store.read_json(NAME)["token"] == "old"
    with pytest.raises(Busy, match=r"by process 7 \(elsewhere\)"):
        lease.check()
    lease.release()


def no_conditions(kind, s3, bucket, monkeypatch):
    if kind == "unheeded":
        bucket.ignored = CONDITIONS
    if kind == "unsupported":
        monkeypatch.setenv("AWS_CONDITIONAL_PUT", "disabled")
    return Store(s3 if kind != "memory" else f"memory://{secrets.token_hex(8)}/a")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("memory", "it has no writes under conditions"),
        ("unheeded", "it does not heed the conditions of a write"),
        ("unsupported", ".*conditional put is disabled.*"),
    ],
)
def test_store_that_cannot_refuse_a_write_is_named_once(
    kind, reason, s3, bucket, monkeypatch, caplog
):
    store = no_conditions(kind, s3, bucket, monkeypatch)
    for _ in range(3):
        with Lease(store, NAME, 0.3) as lease:
            assert not lease.exclusive
            lease.check()
        assert not store.exists(NAME)
    (record,) = caplog.records
    expected = (
        rf"{store.root} cannot refuse a write where another process was faster \({reason}\): "
    )
    assert re.match(expected, record.getMessage(), re.IGNORECASE)


def test_store_that_can_is_not_spoken_of(s3, caplog):
    with Lease(Store(s3), NAME, SECONDS) as lease:
        assert lease.exclusive
    assert not caplog.records


def test_refused_one_releases_nothing(store):
    first = Lease(store, NAME, SECONDS).take()
    second = Lease(store, NAME, SECONDS)
    with pytest.raises(Busy):
        second.take()
    second.release()
    first.check()
    assert store.read_json(NAME)["token"] == first._token
    first.release()
