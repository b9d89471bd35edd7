import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import analysis.ensemble
from analysis.pipeline.evaluate_maps import EvaluateMaps
from analysis.pipeline.explain import ExplainImages
from analysis.pipeline.export import ExportEnsemble
from analysis.pipeline.measure_speed import MeasureSpeed
from analysis.pipeline.predict import PredictImages
from analysis.pipeline.real_sweep import CONFIGS, FACES, interrupt, postprocessing
from analysis.pipeline.select_members import CheckWeights
from analysis.pipeline.steps import is_done, postprocess
from analysis.pipeline.visualise_features import ProjectImages, VisualiseFeatures
from analysis.pipeline.write_answer import MODEL_CARD
from analysis.statements import statements
from analysis.stored_answer import stored_answer
from analysis.sweep_folder import SweepFolder
from results.paths import Paths
from results.schema import TABLES
from results.store import Store

TESTED = FACES // 10
LEFT_BY_OTHERS = ("trials", "epochs", "predictions", "groups", "seeds", "taggers")
IN_NO_TABLE = (MeasureSpeed, VisualiseFeatures, ProjectImages)
"""Tasks whose parts pictures and the report are made from."""


@pytest.fixture(scope="module")
def finished(trained, again, tmp_path_factory):
    """The sweep after one post-processing, with what was done for it."""
    folder = tmp_path_factory.mktemp("sweeps") / "three"
    shutil.copytree(trained.root, folder)
    one, work = again(Store(folder))
    postprocess(one)
    return one, work


def test_the_answer_stands_above_the_leaderboard_and_in_the_model_card(finished):
    store = finished[0].store
    sentences = [part.text for part in statements(stored_answer(store)[0])]
    leaderboard = store.read_bytes(Paths().leaderboard).decode()
    assert leaderboard.startswith("".join(f"- {sentence}\n" for sentence in sentences))
    card = store.read_bytes(MODEL_CARD).decode()
    assert all(sentence in card for sentence in sentences)


@pytest.fixture
def copy(finished, tmp_path):
    shutil.copytree(finished[0].store.root, tmp_path / "copy")
    return Store(tmp_path / "copy")


def frame(store, name):
    return store.read_table(f"{name}.parquet", TABLES[name]).to_pandas()


def kinds(work):
    return {type(task) for task in work.done}


# --- what is left behind ---------------------------------------------------------------------


@pytest.mark.parametrize("name", [t for t in TABLES if t not in LEFT_BY_OTHERS])
def test_every_table_is_written_with_rows(finished, name):
    assert len(frame(finished[0].store, name)) > 0


def test_the_record_has_the_time_of_each_stage(finished):
    record = finished[0].store.read_json(Paths().postprocess)
    stages = record["stages"]
    assert {"first report", "choosing the ensemble", "explaining a sample", "drawing"} <= set(
        stages
    )
    assert sum(stages.values()) <= record["seconds"] + 1 + stages["TensorBoard"]
    assert "at_work" not in record


def test_a_page_stands_there_before_anything_is_made(bare, again):
    one, _ = again(bare)

    def stopped(*_):
        raise KeyboardInterrupt

    one.runner = stopped
    with pytest.raises(KeyboardInterrupt):
        postprocess(one)
    page = bare.read_bytes(Paths().report).decode()
    assert "A first page, written as soon as the sweep had ended" in page
    assert all(trial in page for trial in one.folder.trials["trial"])
    assert not is_done(one.folder, one.request)


def test_every_test_image_is_answered_once(finished):
    one, _ = finished
    answers = frame(one.store, "answers")
    assert answers["image_id"].tolist() == [str(name) for name in one.splits.test.ids]
    assert len(answers) == TESTED
    assert (answers["correct"] == (answers["label"] == answers["prediction"])).all()
    shares = np.stack(answers["probability"].to_list())
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    assert (shares.argmax(axis=1) == answers["prediction"]).all()


def test_members_and_those_left_out_are_told_apart_with_reasons(finished):
    members = frame(finished[0].store, "members")
    assert len(members) == len(CONFIGS) + 1
    inside = members[members["rank"].notna()]
    assert inside["coefficient"].sum() == pytest.approx(1)
    pruned = members[members["trial"] == "0123456789"].iloc[0]
    assert (pruned["role"], "pruned" in pruned["reason"]) == ("left out", True)


def test_the_leading_method_explains_every_image_by_every_member_and_the_ensemble(finished):
    store = finished[0].store
    cams, answers = frame(store, "cams"), frame(store, "answers")
    leading = cams[(cams["method"] == "gradcam") & (cams["rule"] == "prediction")]
    members = frame(store, "members").query("rank > 0")["trial"]
    assert leading.groupby("member").size().to_dict() == dict.fromkeys(
        [*members, "ensemble"], TESTED
    )
    assert (leading["target"] == leading["prediction"]).all()
    wrong = int((~answers["correct"].astype(bool)).sum())
    others = cams[(cams["method"] == "gradcam") & (cams["member"] == "ensemble")]
    assert others.groupby("rule").size().to_dict() == {
        "prediction": TESTED,
        "label": wrong,
        "contrast": wrong,
    }


def test_costly_methods_explain_a_sample_with_right_and_wrong_of_many_classes(finished):
    cams = frame(finished[0].store, "cams")
    explained = cams.query("method == 'gradient' and member == 'ensemble' and rule == 'prediction'")
    assert len(explained) == 14
    right = explained["label"] == explained["prediction"]
    assert 0 < right.sum() < 14
    assert explained["label"].nunique() >= 5


def test_maps_have_their_own_size_maximum_one_and_shares_that_sum_to_one(finished):
    cams = frame(finished[0].store, "cams")
    for row in cams[cams["rule"] == "prediction"].to_dict("records"):
        assert len(row["cam"]) == row["cam_h"] * row["cam_w"]
        if row["raw_max"] > 0:
            assert np.max(row["cam"]) == pytest.approx(1, abs=1e-3)
            shares = [row[part] for part in ("brows", "eyes", "nose", "mouth", "rest")]
            assert sum(shares) == pytest.approx(1, abs=1e-4)


def test_scores_hold_validation_and_test_with_what_was_compared(finished):
    scores = frame(finished[0].store, "scores")
    assert set(scores["split"]) == {"validation", "test"}
    for who in ("ensemble", "best single"):
        one = scores.query(f"who == '{who}' and split == 'test' and images == 'all'")
        named = dict(zip(one["metric"], one["value"], strict=True))
        assert {"accuracy", "macro_f1", "ece", "ece_uncalibrated", "brier", "nll"} <= set(named)
    answers = frame(finished[0].store, "answers")
    measured = scores.query("who == 'ensemble' and split == 'test' and images == 'all'")
    accuracy = measured.set_index("metric").loc["accuracy"]
    assert accuracy["value"] == pytest.approx(answers["correct"].mean())
    assert accuracy["n"] == TESTED


def test_the_saved_ensemble_answers_as_the_table_says(finished):
    one, _ = finished
    loaded = analysis.ensemble.load(Path(one.store.root) / "ensemble")
    predicted_again = loaded.predict(np.asarray(one.splits.test.images))
    stored = np.stack(frame(one.store, "answers")["probability"].to_list())
    np.testing.assert_allclose(predicted_again, stored, atol=5e-3)  # stored by way of float16


def test_pictures_stand_where_their_index_says(finished):
    store = finished[0].store
    index = frame(store, "images")
    kinds = {"figure", "overview", "random faces", "class means", "filters", "ideal"}
    assert kinds <= set(index["kind"])
    for file in index["file"]:
        assert store.read_bytes(f"images/{file}")[:4] in (b"\x89PNG", b"\xff\xd8\xff\xe0")
    assert index["caption"].str.len().min() > 20


def test_the_report_stands_alone(finished):
    page = finished[0].store.read_bytes(Paths().report).decode()
    assert "Which of three?" in page
    assert "data:image" in page
    assert 'src="http' not in page


def test_the_test_images_are_read_once_and_that_is_on_record(finished):
    one, work = finished
    (read,) = one.store.read_json(Paths().test_reads)
    assert read["data"] == one.folder.digest
    predicted = [task for task in work.done if isinstance(task, PredictImages)]
    trials = [task.trial for task in predicted]
    assert len(trials) == len(set(trials)) <= len(CONFIGS)
    assert sum(len(task.rows) for task in predicted) == TESTED * len(trials)


# --- again -----------------------------------------------------------------------------------


def test_a_second_run_has_nothing_to_do(finished):
    one, _ = finished
    assert is_done(SweepFolder(one.store), one.request)
    assert not is_done(SweepFolder(one.store), postprocessing(one.store, explain=7)[0].request)


def test_what_was_taken_away_is_made_again_and_only_a_missing_part_is_computed(copy, finished):
    lost = ("report.html", "cams.parquet", "images/learning_curves.png")
    (part, *_) = [task.part for task in finished[1].done if isinstance(task, ExplainImages)]
    copy.delete(part)
    one, work = postprocessing(copy)
    for name in lost:
        content = copy.read_bytes(name)
        copy.delete(name)
        assert not is_done(one.folder, one.request)
        copy.write_bytes(name, content)
    for name in lost:
        copy.delete(name)
    postprocess(one)
    assert [task.part for task in work.done] == [part]
    assert [name for name in lost if not copy.exists(name)] == []
    assert len(copy.read_json(Paths().test_reads)) == 1


def test_two_runs_from_nothing_find_the_same(bare, finished):
    parts = {
        task.part: finished[0].store.read_bytes(task.part)
        for task in finished[1].done
        if isinstance(task, IN_NO_TABLE)
    }
    one, _ = postprocessing(bare, parts)
    postprocess(one)
    for name in ("members", "scores", "answers", "cams", "regions", "faithfulness"):
        pd.testing.assert_frame_equal(frame(bare, name), frame(finished[0].store, name))


def test_another_method_costs_its_own_work_alone(copy, finished):
    one, work = postprocessing(copy, methods=("gradcam", "gradient", "layercam"))
    postprocess(one)
    assert CheckWeights not in kinds(work)
    assert PredictImages not in kinds(work)
    judged = {task.method for task in work.done if type(task) is EvaluateMaps}
    assert judged == {"layercam"}


# --- when something is wrong -----------------------------------------------------------------


def best_member(store):
    return frame(store, "members").query("rank > 0")["trial"].iloc[0]


def test_a_member_whose_weights_are_damaged_is_left_out_and_said_until_they_are_put_back(
    bare, finished, again
):
    trial = best_member(finished[0].store)
    content = bare.read_bytes(Paths().weight(trial))
    bare.write_bytes(Paths().weight(trial), content[: len(content) // 2])
    one, _ = again(bare)
    postprocess(one)
    members = frame(bare, "members").set_index("trial")
    assert members.loc[trial, "role"] == "left out"
    assert "no whole safetensors file" in members.loc[trial, "reason"]
    assert members["rank"].notna().any()
    assert trial in bare.read_bytes(Paths().report).decode()
    assert is_done(SweepFolder(bare), one.request)
    bare.write_bytes(Paths().weight(trial), content)
    one, _ = again(bare)
    assert not is_done(one.folder, one.request)
    interrupt(one, ExportEnsemble)  # members are chosen
    assert frame(bare, "members").set_index("trial").loc[trial, "role"].startswith("member")


def test_weights_that_do_not_give_what_was_predicted_are_left_out(bare, finished, again):
    trial = best_member(finished[0].store)
    table = bare.read_table(Paths().prediction(trial))
    turned = pa.array([row[1:] + row[:1] for row in table["probability"].to_pylist()])
    place = table.schema.get_field_index("probability")
    field = table.schema.field("probability")
    bare.write_table(
        Paths().prediction(trial), table.set_column(place, field, turned.cast(field.type))
    )
    others = [t for t in frame(bare, "trials")["trial"] if t not in (trial, "0123456789")]
    for other in others:  # so that the search would take the trial that is off
        bare.delete(Paths().weight(other))
    one, _ = again(bare)
    postprocess(one)
    reason = frame(bare, "members") if bare.exists("members.parquet") else None
    assert reason is None
    assert "does not give what its trial predicted" in one.notes.left_out[trial]


def test_without_any_member_there_is_still_a_report_that_says_so(bare):
    for trial in frame(bare, "trials")["trial"]:
        bare.delete(Paths().weight(trial))
    one, work = postprocessing(bare)
    postprocess(one)
    assert work.done == []
    page = bare.read_bytes(Paths().report).decode()
    assert "No trial can be a member of an ensemble" in page
    assert is_done(SweepFolder(bare), one.request)


def test_validation_can_be_explained_without_touching_the_test_images(bare, again):
    one, work = again(bare, split="validation", methods=("hirescam",))
    postprocess(one)
    assert not bare.exists(Paths().test_reads)
    assert PredictImages not in kinds(work)
    assert set(frame(bare, "answers")["split"]) == {"validation"}
    assert set(frame(bare, "scores")["split"]) == {"validation"}


def test_mirrored_images_change_the_answers(bare, finished, again):
    one, _ = again(bare, flip=True, methods=("gradcam",))
    interrupt(one, ExportEnsemble)  # test is answered
    plain = np.stack(frame(finished[0].store, "answers")["probability"].to_list())
    flipped = np.stack(frame(bare, "answers")["probability"].to_list())
    assert 0 < np.abs(plain - flipped).max() < 1


def test_the_steps_load_no_framework():
    script = (
        "import sys, analysis.pipeline.steps, analysis.pipeline.worker\n"
        "print({'keras', 'tensorflow'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
