"""A write is done where nobody else was faster; the store decides, or the writer looks first."""

import secrets
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from obstore.store import GCSStore

from results.journal.shared_object import ConditionalObject, PlainObject, SharedObject, WriteRefused
from results.storage.object_store import connect
from results.storage.s3_server import CONDITIONS
from results.store import Store

NAME = "lease"


class GoogleStore(BaseHTTPRequestHandler):
    """As much of Google's store as one object needs: its generation grows with each write."""

    objects: dict[str, tuple[int, bytes]]

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        generation, _ = self.objects.get(self.path, (0, b""))
        expected = self.headers.get("x-goog-if-generation-match")
        if expected not in (None, str(generation)):
            self._answer(412, b"")
            return
        self.objects[self.path] = (generation + 1, content)
        self._answer(200, b"", generation + 1)

    def do_GET(self) -> None:
        generation, content = self.objects.get(self.path, (0, b""))
        self._answer(200 if generation else 404, content, generation)

    def _answer(self, status: int, content: bytes, generation: int = 0) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Last-Modified", "Fri, 27 Nov 2026 12:00:00 GMT")
        self.send_header("ETag", f'"{generation}"')
        self.send_header("x-goog-generation", str(generation))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def google() -> Iterator[GCSStore]:
    handler = type("Handler", (GoogleStore,), {"objects": {}})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield GCSStore(
            "bucket",
            config={"base_url": f"http://127.0.0.1:{server.server_port}", "bearer_token": "x"},
            client_options={"allow_http": True},
            retry_config={"max_retries": 0},
        )
        server.shutdown()


@pytest.fixture(params=["s3://", "gs://", "memory://"])
def place(request):
    """A store, and what makes the object of each process that wants to change it."""
    if request.param == "gs://":
        bucket = request.getfixturevalue("google")
        # pyarrow speaks to Google in another way: only its retries are asked of this store.
        return Store("memory://unused"), lambda: ConditionalObject(bucket, NAME)
    if request.param == "s3://":
        store = Store(request.getfixturevalue("s3"))
        return store, lambda: conditional(store)
    return Store(f"memory://{secrets.token_hex(8)}/a"), lambda: PlainObject(NAME)


def conditional(store: Store) -> ConditionalObject:
    target = connect(store.location(NAME))
    assert target is not None
    return ConditionalObject(*target)


def superseded(shared: SharedObject, store: Store, content: bytes) -> bytes | None:
    """What stands there instead."""
    with pytest.raises(WriteRefused) as caught:
        shared.write(store, content)
    return caught.value.content


def test_it_is_made_and_replaced_by_the_one_who_made_it(place):
    store, make = place
    shared = make()
    assert shared.read(store) is None
    for content in (b"1", b"22", b"1"):
        shared.write(store, content)
        assert make().read(store) == content


def test_what_was_never_seen_is_not_overwritten(place):
    store, make = place
    make().write(store, b"first")
    assert superseded(make(), store, b"second") == b"first"
    assert make().read(store) == b"first"


def test_what_was_seen_is_taken_over_and_its_writer_learns_of_it(place):
    store, make = place
    first, second = make(), make()
    first.write(store, b"first")
    assert second.read(store) == b"first"
    second.write(store, b"second")
    assert superseded(first, store, b"first again") == b"second"
    second.write(store, b"still second")
    assert make().read(store) == b"still second"


def test_what_has_changed_since_it_was_seen_is_not_overwritten(place):
    store, make = place
    first, second = make(), make()
    first.write(store, b"1")
    second.read(store)
    first.write(store, b"2")
    assert superseded(second, store, b"x") == b"2"


def test_what_has_vanished_is_not_made_again(s3):
    store = Store(s3)
    shared = conditional(store)
    shared.write(store, b"1")
    store.delete(NAME)
    assert superseded(shared, store, b"2") is None
    assert not store.exists(NAME)


def test_own_write_whose_answer_was_lost_is_no_others(bucket, s3):
    store = Store(s3)
    shared = conditional(store)
    for content in (b"made", b"replaced"):
        bucket.lost_answers = 1
        bucket.clear()
        shared.write(store, content)
        assert [method for method, _, _ in bucket.requests] == ["PUT", "PUT", "GET"]
        assert store.read_bytes(NAME) == content


def test_next_write_goes_on_from_one_that_failed_for_its_writer_alone(bucket, s3):
    store = Store(s3)
    shared = conditional(store)
    shared.write(store, b"1")
    bucket.lost_answers = 1
    with pytest.raises(OSError, match="500"):
        shared.write(store.with_patience(0), b"2")
    assert store.read_bytes(NAME) == b"2"
    shared.write(store, b"3")
    assert store.read_bytes(NAME) == b"3"


def test_of_several_that_write_at_once_the_store_lets_one(bucket, s3):
    store = Store(s3)
    conditional(store).write(store, b"old")
    objects = [conditional(store) for _ in range(4)]
    for shared in objects:
        shared.read(store)
    meeting = threading.Barrier(len(objects), timeout=10)
    bucket.before_write = lambda path: meeting.wait() and None
    outcome: dict[int, bytes | None] = {}

    def write(number: int) -> None:
        try:
            objects[number].write(store, b"%d" % number)
            outcome[number] = b""
        except WriteRefused as other:
            outcome[number] = other.content

    writers = [threading.Thread(target=write, args=(number,)) for number in range(len(objects))]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    (winner,) = [number for number, content in outcome.items() if content == b""]
    assert store.read_bytes(NAME) == b"%d" % winner
    assert [content for content in outcome.values() if content] == [b"%d" % winner] * 3


@pytest.mark.parametrize("ignored", [("If-None-Match",), ("If-Match",), CONDITIONS])
def test_store_that_ignores_a_condition_is_found_out(bucket, s3, ignored):
    store = Store(s3)
    shared = conditional(store)
    shared.write(store, b"1")
    assert shared.is_guarded(store, b"1")
    bucket.ignored = ignored
    assert not shared.is_guarded(store, b"1")


def test_absent_bucket_is_not_waited_for(bucket, s3):
    store = Store(s3.replace("s3://results", "s3://nobodys"))
    shared = conditional(store)
    assert shared.read(store) is None
    with pytest.raises(FileNotFoundError):
        shared.write(store, b"1")
    assert [method for method, _, _ in bucket.requests] == ["GET", "PUT"]
