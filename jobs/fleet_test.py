import errno
import os
import time
from pathlib import Path

import pytest
import ray

from jobs.fleet import Crew, DiskFull, Piece, chunks, work
from orchestrator.errors import BadInput
from orchestrator.session import session

pytestmark = pytest.mark.ray


@pytest.fixture(scope="module", autouse=True)
def local_ray():
    with session(2, 0, None):
        yield


class Joinery:
    """Leaves a file a task; words of the task say what else happens to the worker."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.models = []

    def do(self, task):
        group, name, trick = task
        if group not in self.models:
            self.models.append(group)
            with (self.folder / "loads").open("a") as loads:
                loads.write(f"{group}\n")
        TRICKS[trick](self.folder / f"{name}.tried")
        (self.folder / name).write_text(str(os.getpid()))


def die_at_first(mark):
    if not mark.exists():
        mark.write_text("")
        os._exit(1)


def die_always(mark):
    with mark.open("a") as tries:
        tries.write("x")
    os._exit(1)


def damaged(mark):
    mark.write_text("")
    raise BadInput("m.safetensors is cut off")


def broken(mark):
    raise KeyError("kernel")


def full(mark):
    raise OSError(errno.ENOSPC, "No space left on device")


TRICKS = {
    "": lambda mark: time.sleep(0.01),
    "die at first": die_at_first,
    "die always": die_always,
    "damaged": damaged,
    "broken": broken,
    "full": full,
}


def pieces(group, tricks):
    return [Piece(f"{group}{i}", group, 1, (group, f"{group}{i}", t)) for i, t in enumerate(tricks)]


def made(folder):
    return sorted(f.name for f in folder.iterdir() if f.suffix == "" and f.name != "loads")


def test_every_piece_is_done_once_and_told_of(tmp_path):
    told = []
    wanted = pieces("a", [""] * 4) + pieces("b", [""] * 4)
    failed = work(Joinery(tmp_path), wanted, Crew(2), lambda piece: told.append(piece.name))
    assert failed == {}
    assert made(tmp_path) == sorted(told) == sorted(piece.name for piece in wanted)


def test_a_worker_stays_with_the_model_it_has_loaded(tmp_path):
    work(Joinery(tmp_path), pieces("a", [""] * 6) + pieces("b", [""] * 6), Crew(2))
    assert len((tmp_path / "loads").read_text().splitlines()) <= 3  # one may help the other at last


@pytest.mark.faults
def test_a_piece_whose_worker_dies_is_done_by_the_next(tmp_path):
    failed = work(Joinery(tmp_path), pieces("a", ["", "die at first", ""]), Crew(1))
    assert failed == {}
    assert made(tmp_path) == ["a0", "a1", "a2"]


@pytest.mark.faults
def test_a_piece_that_kills_its_workers_is_given_up_after_three(tmp_path):
    failed = work(Joinery(tmp_path), pieces("a", ["die always"]) + pieces("b", [""]), Crew(1))
    assert list(failed) == ["a"]
    assert "died 3 times" in failed["a"]
    assert (tmp_path / "a0.tried").read_text() == "xxx"
    assert made(tmp_path) == ["b0"]


def test_one_damaged_model_costs_its_own_pieces_alone(tmp_path):
    wanted = pieces("a", ["damaged", "damaged"]) + pieces("b", ["", ""]) + pieces("c", ["broken"])
    failed = work(Joinery(tmp_path), wanted, Crew(1))
    assert failed == {"a": "m.safetensors is cut off", "c": "KeyError: 'kernel'"}
    assert made(tmp_path) == ["b0", "b1"]
    assert not (tmp_path / "a1.tried").exists()


def test_a_full_disk_ends_the_work_at_once(tmp_path):
    with pytest.raises(DiskFull) as told:
        work(Joinery(tmp_path), pieces("a", ["full"]) + pieces("b", [""]), Crew(1))
    assert told.value.errno == errno.ENOSPC
    assert made(tmp_path) == []


def test_nothing_to_do_needs_no_worker(tmp_path):
    assert work(Joinery(tmp_path), [], Crew(2)) == {}
    assert ray.is_initialized()


def test_chunks_cover_every_row_once():
    assert list(chunks(5, 2)) == [(0, 2), (2, 4), (4, 5)]
    assert list(chunks(0, 2)) == []
