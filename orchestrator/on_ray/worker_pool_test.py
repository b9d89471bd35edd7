import errno
import importlib
import os
import re
import signal
import threading

import psutil
import pytest
import ray
from ray import exceptions as lost

from orchestrator.on_ray.worker_pool import DiskFull, PoolLayout, WorkerPool, WorkFailure, WorkItem
from orchestrator.testing.joinery import Joinery, Unborn, pids, wait_until

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("shared_ray")]


def items(group, tricks, fate=""):
    return [
        WorkItem(f"{group}{i}", group, 1, (group, f"{group}{i}", trick), fate)
        for i, trick in enumerate(tricks)
    ]


def done_by(workers, folder, wanted, **layout):
    with WorkerPool(Joinery(folder), PoolLayout(workers, **layout)) as pool:
        return pool.run(wanted)


def made(folder):
    return sorted(f.name for f in folder.iterdir() if f.suffix == "" and f.name[-1].isdigit())


def loads(folder):
    return (folder / "loads").read_text().split()


def gone(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_every_item_is_done_once_and_told_of(tmp_path):
    names = []
    wanted = items("a", [""] * 4) + items("b", [""] * 4)
    with WorkerPool(Joinery(tmp_path), PoolLayout(2)) as pool:
        assert pool.run(wanted, lambda item: names.append(item.name)) == {}
    assert made(tmp_path) == sorted(names) == sorted(item.name for item in wanted)


def test_a_worker_stays_with_the_model_it_has_loaded(tmp_path):
    done_by(2, tmp_path, items("a", [""] * 6) + items("b", [""] * 6))
    assert len(loads(tmp_path)) <= 3  # one may help the other at last


def test_workers_and_what_they_have_loaded_outlast_a_call(tmp_path):
    with WorkerPool(Joinery(tmp_path), PoolLayout(2)) as pool:
        pool.run(items("a", ["with another", ""]) + items("b", ["with another", ""]))
        loaded = loads(tmp_path)
        for _ in range(3):  # b first, so that the first worker in line may be the wrong one
            pool.run(items("b", [""]))
            pool.run(items("a", [""]))
        assert loads(tmp_path) == loaded
        assert len(set(pids(tmp_path))) == 2
    assert all(wait_until(lambda pid=pid: gone(pid)) for pid in pids(tmp_path))


def test_more_workers_come_when_there_is_more_to_do(tmp_path):
    with WorkerPool(Joinery(tmp_path), PoolLayout(2)) as pool:
        pool.run(items("a", [""]))
        assert len(set(pids(tmp_path))) == 1
        pool.run(items("b", ["with another"] * 2))
    assert len(set(pids(tmp_path))) == 2


def test_a_cluster_with_fewer_places_than_workers_gets_all_done(tmp_path):
    with WorkerPool(Joinery(tmp_path), PoolLayout(5)) as pool:  # there are 2 CPUs
        assert pool.run(items("a", [""] * 3) + items("b", [""] * 3)) == {}
        assert pool.run(items("c", [""] * 6)) == {}
    assert len(made(tmp_path)) == 12
    assert len(set(pids(tmp_path))) <= 2


@pytest.mark.faults
def test_an_item_whose_worker_dies_is_done_by_the_next(tmp_path):
    assert done_by(1, tmp_path, items("a", ["", "die at first", ""])) == {}
    assert made(tmp_path) == ["a0", "a1", "a2"]


@pytest.mark.faults
def test_a_worker_that_died_idle_is_replaced(tmp_path):
    with WorkerPool(Joinery(tmp_path), PoolLayout(1)) as pool:
        pool.run(items("a", [""]))
        os.kill(pids(tmp_path)[0], signal.SIGKILL)
        assert pool.run(items("b", [""])) == {}
    assert made(tmp_path) == ["a0", "b0"]


@pytest.mark.faults
def test_an_item_that_kills_its_workers_is_given_up_after_three(tmp_path):
    failed = done_by(1, tmp_path, items("a", ["die always"]) + items("b", [""]))
    assert list(failed) == ["a"]
    assert not failed["a"].bad_input
    assert re.fullmatch(r"its worker died 3 times \(The actor died [^\n]*\)", failed["a"].reason)
    assert (tmp_path / "a0.tried").read_text() == "xxx"
    assert made(tmp_path) == ["b0"]


DEATHS = (
    lost.OutOfMemoryError("The node is low on memory."),
    lost.WorkerCrashedError(),
    lost.NodeDiedError("The node is dead."),
    lost.ActorUnavailableError("The actor is temporarily unavailable", None),
)


def test_whatever_ray_calls_a_death_the_worker_is_killed_and_replaced(tmp_path, monkeypatch):
    get, deaths = ray.get, iter(DEATHS)
    # Each worker arrives (.); two die (x) over the first item, which the third does, and so on.
    script = iter(".x.x..x.x..")

    def get_but_dead(future):
        if next(script) == "x":
            raise next(deaths)
        return get(future)

    monkeypatch.setattr(ray, "get", get_but_dead)
    with WorkerPool(Joinery(tmp_path), PoolLayout(1)) as pool:
        assert pool.run(items("a", ["", ""])) == {}
        workers = list(dict.fromkeys(pids(tmp_path)))
        assert len(workers) == len(DEATHS) + 1
        assert all(wait_until(lambda pid=pid: gone(pid)) for pid in workers[:-1])
    assert next(script, None) is None
    assert made(tmp_path) == ["a0", "a1"]


def test_workers_that_cannot_start_are_told_of_and_not_waited_for(tmp_path):
    with WorkerPool(Unborn(tmp_path), PoolLayout(2)) as pool:
        failed = pool.run(items("a", [""]) + items("b", [""]))
    assert failed == dict.fromkeys("ab", failed["a"])
    assert not failed["a"].bad_input
    assert re.fullmatch(r"no worker could start \(.*No module named 'plane'\)", failed["a"].reason)


class OfAbsentCode:
    """A task that no worker can take out of its package."""

    def __reduce__(self):
        return importlib.import_module, ("no_such_module",)


def test_a_task_that_no_worker_can_read_costs_itself_alone(tmp_path):
    wanted = [WorkItem("x", "x", 1, OfAbsentCode()), *items("a", [""])]
    failed = done_by(1, tmp_path, wanted)
    assert list(failed) == ["x"]
    assert "No module named 'no_such_module'" in failed["x"].reason
    assert "\n" not in failed["x"].reason
    assert made(tmp_path) == ["a0"]


def test_one_damaged_model_costs_its_own_items_alone(tmp_path):
    wanted = items("a", ["damaged", "damaged"]) + items("b", ["", ""])
    wanted += items("c", ["broken"]) + items("d", ["damaged results"]) + items("e", ["hopeless"])
    wanted += items("f", ["coloured"])
    assert done_by(1, tmp_path, wanted) == {
        "a": WorkFailure("m.safetensors is cut off", bad_input=True),
        "c": WorkFailure("KeyError: 'kernel'", bad_input=False),
        "d": WorkFailure("m.parquet is cut off", bad_input=True),
        "e": WorkFailure("Hopeless: no kernel", bad_input=False),
        "f": WorkFailure("m.h5 is cut off", bad_input=True),
    }
    assert made(tmp_path) == ["b0", "b1"]
    assert not (tmp_path / "a1.tried").exists()


def test_items_of_one_fate_fall_together_whatever_their_models(tmp_path):
    wanted = items("a", ["damaged"], "maps") + items("b", [""], "maps")
    wanted += [WorkItem("a9", "a", 1, ("a", "a9", ""), "answers")]
    failed = done_by(1, tmp_path, wanted)
    assert failed == {"maps": WorkFailure("m.safetensors is cut off", bad_input=True)}
    assert made(tmp_path) == ["a9"]


@pytest.mark.faults
def test_an_item_whose_fate_is_sealed_is_not_tried_again(tmp_path, monkeypatch):
    def open_the_gate(future, get=ray.get):
        answer = get(future)
        if isinstance(answer, WorkFailure):
            (tmp_path / "go").write_text("")
        return answer

    monkeypatch.setattr(ray, "get", open_the_gate)
    wanted = items("a", ["die when told"], "one") + items("b", ["damaged"], "one")
    failed = done_by(2, tmp_path, wanted)
    assert failed == {"one": WorkFailure("m.safetensors is cut off", bad_input=True)}
    assert (tmp_path / "a0.tried").read_text() == "x"


@pytest.mark.parametrize(
    ("trick", "number"),
    [
        ("full", errno.ENOSPC),
        ("full, as bad input", errno.EDQUOT),
        ("full, met while damaged", errno.ENOSPC),
    ],
)
def test_a_full_disk_however_deep_ends_the_work_at_once(tmp_path, trick, number):
    with pytest.raises(DiskFull) as problem:
        done_by(1, tmp_path, items("a", [trick]) + items("b", [""]))
    assert problem.value.errno == number
    assert made(tmp_path) == []


def test_ctrl_c_kills_the_busy_and_the_idle(tmp_path):
    def interrupt_when_one_is_at_it():
        if wait_until(lambda: len(pids(tmp_path)) == 3):
            os.kill(os.getpid(), signal.SIGINT)

    def interrupted():
        with WorkerPool(Joinery(tmp_path), PoolLayout(2)) as pool:
            pool.run(items("a", ["with another"] * 2))
            threading.Thread(target=interrupt_when_one_is_at_it, daemon=True).start()
            pool.run(items("b", ["for ever"]))

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(set(pids(tmp_path))) == 2
    assert all(wait_until(lambda pid=pid: gone(pid)) for pid in pids(tmp_path))


def test_what_a_task_did_not_expect_stands_in_the_log_of_its_worker(tmp_path):
    done_by(1, tmp_path, items("a", ["broken"]), logs=str(tmp_path / "logs"))
    log = tmp_path / "logs" / f"worker-{pids(tmp_path)[0]}.log"
    assert "KeyError: 'kernel'" in log.read_text()


def test_an_unusable_folder_for_logs_stops_nobody(tmp_path):
    assert done_by(1, tmp_path, items("a", [""]), logs="/dev/null/logs") == {}


def test_nothing_to_do_needs_no_worker(tmp_path):
    with WorkerPool(Joinery(tmp_path), PoolLayout(2)) as pool:
        assert pool.run([]) == {}
    assert not (tmp_path / "pids").exists()


@pytest.mark.parametrize(
    ("at_once", "gpus", "workers", "share"),
    [
        (8, 0, 8, 0),
        (3, 1, 3, 1 / 3),
        (16, 1, 4, 1 / 4),  # 4 a GPU, and no more
        (3, 2, 3, 1 / 2),
        (16, 2, 8, 1 / 4),
        (2, 4, 2, 1),  # nobody needs more than one
    ],
)
def test_a_pool_is_packed_onto_the_gpus(at_once, gpus, workers, share):
    assert PoolLayout.packed(at_once, gpus, "logs") == PoolLayout(workers, 1, share, "logs")
