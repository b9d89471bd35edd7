"""What is given up is noted, and what is damaged is done again."""

import time
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from analysis.pipeline.postprocess_request import PostprocessRequest
from analysis.pipeline.postprocessing import GivenUp, Postprocessing
from analysis.pipeline.task import Task
from results.store import Store


class Letters(Task):
    """Leaves a table with its trial's name."""

    kind = "letters"


class Arrays(Task):
    """Would leave a safetensors file."""

    kind = "arrays"
    ending = "safetensors"


def task(trial, kind=Letters):
    return kind(trial, "digest", "test", np.arange(2))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def job(store, failures=None):
    """With a runner that leaves the parts of tasks that are missing and are no failures."""
    done, lines = [], []

    def runner(title, tasks):
        for each in tasks:
            if each.trial not in (failures or {}) and not store.exists(each.part):
                store.write_table(each.part, pa.table({"trial": [each.trial]}))
                done.append(each.trial)
        return failures or {}

    folder = SimpleNamespace(store=store)
    return Postprocessing(folder, PostprocessRequest(), runner, lines.append), done, lines


def test_what_is_given_up_is_noted_and_another_run_may_mend_what_does_not_last(store):
    failures = {"b": GivenUp("damaged", lasting=True), "c": GivenUp("killed", lasting=False)}
    one, done, lines = job(store, failures)
    tasks = [task(trial) for trial in "abc"]
    assert one.run("counting", tasks, "counting by") == {"b": "damaged", "c": "killed"}
    assert done == ["a"]
    assert one.notes.skipped == [("counting by b", "damaged"), ("counting by c", "killed")]
    assert one.notes.unfinished == ["counting by c: killed"]
    assert lines == ["note: no counting by b: damaged", "note: no counting by c: killed"]
    (part,) = one.parts(tasks, failures)
    assert part["trial"].to_pylist() == ["a"]


@pytest.mark.parametrize("kind", [Letters, Arrays])
def test_a_part_that_cannot_be_read_is_made_again_and_no_other(store, kind):
    one, done, _ = job(store)
    store.write_table(task("a").part, pa.table({"trial": ["a"]}))
    store.write_bytes(task("b", kind).part, b"half a file")
    one.run("counting", [task("a"), task("b", kind)], "counting by")
    assert done == ["b"]


def test_a_stage_s_time_is_noted_also_where_it_fails_and_added_up_where_it_comes_again(store):
    one, _, _ = job(store)
    with one.stage("first"):
        pass
    with pytest.raises(ZeroDivisionError), one.stage("second"):
        1 / 0  # noqa: B018
    before = one.notes.seconds["first"]
    with one.stage("first"):
        time.sleep(0.02)
    assert list(one.notes.seconds) == ["first", "second"]
    assert one.notes.seconds["first"] >= before + 0.02
