"""What is final, and what another run may mend."""

import shutil

import numpy as np
import pytest
import safetensors.numpy

from analysis.pipeline import write_report
from analysis.pipeline.evaluate_maps import EvaluateEnsembleMaps, EvaluateMaps
from analysis.pipeline.export import ExportEnsemble
from analysis.pipeline.postprocessing import GivenUp
from analysis.pipeline.predict import PredictImages
from analysis.pipeline.real_sweep import interrupt, postprocessing
from analysis.pipeline.steps import forget, is_done, postprocess
from analysis.pipeline.write_report import check_reads
from analysis.sweep_folder import SweepFolder
from results.paths import Paths
from results.schema import MEMBERS
from results.store import Store

CAM_ALONE = {"methods": ("gradcam",)}


@pytest.fixture(scope="module")
def finished(trained, tmp_path_factory, again):
    folder = tmp_path_factory.mktemp("sweeps") / "three"
    shutil.copytree(trained.root, folder)
    postprocess(again(Store(folder), **CAM_ALONE)[0])
    return Store(folder)


@pytest.fixture
def copy(finished, tmp_path):
    shutil.copytree(finished.root, tmp_path / "copy")
    return Store(tmp_path / "copy")


def members(store):
    table = store.read_table(Paths().members, MEMBERS).to_pandas()
    return table.set_index("trial")["role"].to_dict()


def members_named(store):
    return [trial for trial, role in members(store).items() if role.startswith("member")]


def test_what_a_dead_worker_left_undone_is_done_by_the_next_run(copy, again):
    forget(copy)
    one, work = again(copy, **CAM_ALONE)

    def dying(what, tasks):
        if any(isinstance(task, EvaluateMaps) for task in tasks):
            return {task.group: GivenUp("its worker died 3 times", lasting=False) for task in tasks}
        return work(what, tasks)

    one.runner = dying
    postprocess(one)
    assert not is_done(SweepFolder(copy), one.request)
    assert "This report is incomplete" in copy.read_bytes(Paths().report).decode()
    one, work = again(copy, **CAM_ALONE)
    postprocess(one)
    assert {type(task) for task in work.done} == {EvaluateMaps, EvaluateEnsembleMaps}
    assert is_done(SweepFolder(copy), one.request)


def test_if_no_member_can_be_tried_for_reasons_in_no_file_the_run_fails(copy):
    forget(copy)
    one, _ = postprocessing(copy)
    one.runner = lambda what, tasks: {
        t.group: GivenUp("out of memory", lasting=False) for t in tasks
    }
    with pytest.raises(RuntimeError, match="no member could be tried: out of memory"):
        postprocess(one)
    assert not is_done(SweepFolder(copy), one.request)


def test_a_damaged_weights_file_is_no_reason_to_call_it_done(copy):
    (trial, *_) = members_named(copy)
    one, _ = postprocessing(copy, **CAM_ALONE)
    assert is_done(one.folder, one.request)
    copy.write_bytes(Paths().weight(trial), copy.read_bytes(Paths().weight(trial))[:100])
    assert not is_done(one.folder, one.request)


def test_other_weights_under_the_same_name_predict_test_anew(copy, again):
    (trial, *_) = members_named(copy)
    arrays = safetensors.numpy.load(copy.read_bytes(Paths().weight(trial)))
    nudged = {name: array + np.float32(1e-4) for name, array in arrays.items()}
    copy.write_bytes(Paths().weight(trial), safetensors.numpy.save(nudged))
    one, work = again(copy, **CAM_ALONE)
    interrupt(one, ExportEnsemble)  # test is predicted
    assert {task.trial for task in work.done if isinstance(task, PredictImages)} == {trial}


def test_damaged_parts_are_made_again(copy, again):
    damaged = {}
    for kind in ("explain", "judge", "learned", "predict"):
        part = next(name for name in copy.list(Paths().parts) if f"/{kind}-" in name)
        damaged[part] = copy.read_bytes(part)
        copy.write_bytes(part, damaged[part][: len(damaged[part]) // 2])
    # parts of predictions are read only where the content is gone
    trial = part.rpartition("/")[2].split("-")[1]
    copy.delete(Paths().split_prediction(trial, "test"))
    copy.delete(Paths().report)
    one, work = again(copy, **CAM_ALONE)
    postprocess(one)
    assert sorted(task.part for task in work.done) == sorted(damaged)
    assert {part: copy.read_bytes(part) for part in damaged} == damaged


def test_a_damaged_table_is_no_reason_to_call_it_done(copy):
    one, _ = postprocessing(copy, **CAM_ALONE)
    assert is_done(one.folder, one.request)
    copy.write_bytes(Paths().cams, b"P")
    assert not is_done(one.folder, one.request)


@pytest.mark.parametrize("name", [Paths().report, Paths().leaderboard])
def test_a_page_with_one_byte_changed_is_not_up_to_date(copy, name):
    one, _ = postprocessing(copy, **CAM_ALONE)
    content = copy.read_bytes(name)
    copy.write_bytes(name, content[:-2] + b"?" + content[-1:])
    assert copy.size(name) == len(content)
    assert not is_done(one.folder, one.request)
    copy.write_bytes(name, content)
    assert is_done(one.folder, one.request)


def test_an_interrupted_report_is_not_up_to_date(copy, monkeypatch, again):
    def full(store):
        raise OSError(28, "No space left on device")

    one, _ = again(copy, members=2, **CAM_ALONE)
    with monkeypatch.context() as patch:
        patch.setattr(write_report.page, "render", full)
        with pytest.raises(OSError, match="No space left"):
            postprocess(one)
    assert not is_done(SweepFolder(copy), one.request)


# --- the test images -------------------------------------------------------------------------


def test_other_answers_scored_on_test_are_another_reading_and_other_maps_are_not(copy, again):
    def read(**changes):
        one, _ = again(copy, **changes)
        interrupt(one, ExportEnsemble)  # test is predicted and scored
        return [reading["flip"] for reading in check_reads(copy)]

    assert [reading["flip"] for reading in check_reads(copy)] == [False]
    assert read(flip=True, **CAM_ALONE) == [False, True]
    assert read(flip=True, methods=("hirescam",)) == [False, True]
    # known already, but looked at again
    assert read(**CAM_ALONE) == [False, True, False]


def test_a_reading_is_on_record_before_it_happens(copy):
    forget(copy)
    copy.delete(Paths().test_reads)
    one, _ = postprocessing(copy, **CAM_ALONE)
    interrupt(one, PredictImages)
    assert len(check_reads(copy)) == 1
