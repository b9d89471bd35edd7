import dataclasses
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from analysis.ensemble import load
from analysis.ensemble.saved import save
from orchestrator.errors import BadInput
from results.store import DamagedResults, Store

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def store(tmp_path, contents_of, weights):
    store = Store(tmp_path / "sweep")
    save(store, contents_of(), weights)
    return store


@pytest.fixture
def folder(store):
    return Path(store.root) / "ensemble"


def rewrite(folder, change):
    """`ensemble.json` after a change made to its value."""
    value = json.loads((folder / "ensemble.json").read_text())
    change(value)
    (folder / "ensemble.json").write_text(json.dumps(value))


def test_the_folder_stands_alone(store, folder, images, tmp_path, contents_of):
    before = load(store.root)
    expected = before.predict(images)
    shutil.move(folder, tmp_path / "moved")
    shutil.rmtree(store.root)
    after = load(tmp_path / "moved")
    assert after.contents == before.contents == contents_of()
    np.testing.assert_array_equal(after.predict(images), expected)


def test_it_is_json_and_safetensors(folder):
    names = sorted(file.name for file in folder.iterdir())
    files = ["aa01.safetensors", "bb02.safetensors", "cc03.safetensors"]
    assert names == [*files, "ensemble.json"]
    value = json.loads((folder / "ensemble.json").read_text())
    assert value["format"] == 1
    assert value["provenance"] == {"commit": "abc"}
    content = (folder / "bb02.safetensors").read_bytes()
    assert value["members"][1]["sha256"] == hashlib.sha256(content).hexdigest()


def test_members_of_an_ensemble_before_go(store, folder, contents_of, weights):
    (folder / "ensemble.keras").write_bytes(b"exported before")
    save(store, contents_of(members=("bb02",)), weights)
    assert sorted(f.name for f in folder.iterdir()) == ["bb02.safetensors", "ensemble.json"]
    assert load(folder).members == ("bb02",)


def test_a_name_that_leaves_the_folder_is_not_written(tmp_path, contents_of, weights):
    good = contents_of(members=("aa01",))
    recipe = dataclasses.replace(good.recipe, members=("../x",))
    bad = dataclasses.replace(good, recipe=recipe, configs={"../x": good.configs["aa01"]})
    with pytest.raises(BadInput, match=r"'\.\./x\.safetensors' names no file of the ensemble's"):
        save(Store(tmp_path / "s"), bad, {"../x": weights["aa01"]})
    assert list(tmp_path.rglob("*.safetensors")) == []


@pytest.mark.parametrize(
    "name", ["../bb02.safetensors", "/bb02.safetensors", "a/../bb02.safetensors", "bb02.pkl", 3, ""]
)
def test_a_name_that_leaves_the_folder_is_not_read(folder, name):
    shutil.copy(folder / "bb02.safetensors", folder.parent)
    rewrite(folder, lambda value: value["members"][1].update(file=name))
    with pytest.raises(BadInput, match=r"ensemble\.json: .* names no file of the ensemble's own"):
        load(folder)


def test_weights_that_were_changed_are_refused(folder):
    shutil.copy(folder / "aa01.safetensors", folder / "bb02.safetensors")
    with pytest.raises(BadInput, match=r"bb02\.safetensors has SHA-256 .* was changed since"):
        load(folder)


def test_weights_of_another_net_are_refused_whatever_their_checksum(folder):
    def exchange(value):
        for member in value["members"]:
            member["config"]["architecture"] = "CCPF"

    rewrite(folder, exchange)
    with pytest.raises(BadInput, match=r"aa01\.safetensors.*another net's weights"):
        load(folder)


def test_a_missing_member_is_named(folder):
    (folder / "cc03.safetensors").unlink()
    with pytest.raises(DamagedResults, match=r"cc03\.safetensors does not exist"):
        load(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: v.update(format=2), "has format 2, this version reads 1"),
        (lambda v: v.pop("format"), "has format None"),
        (lambda v: v.pop("recipe"), "lacks or misspells a part"),
        (lambda v: v["members"].pop(), "its members are not those of its recipe"),
        (lambda v: v["members"][0].pop("sha256"), "lacks or misspells a part"),
        (lambda v: v["members"][0]["config"].update(colour=1), "unknown setting 'colour'"),
        (lambda v: v["members"][0]["config"].update(preprocessing="x"), "preprocessing 'x'"),
        (lambda v: v.update(size=[16]), "lacks or misspells a part"),
        (lambda v: v["recipe"].update(temperature=0), "the recipe has temperature 0"),
        (lambda v: v["recipe"].update(combiner="x"), "the recipe names the combiner 'x'"),
    ],
)
def test_a_description_that_does_not_make_sense_is_refused(folder, change, message):
    rewrite(folder, change)
    with pytest.raises(BadInput, match=rf"ensemble\.json.*{message}"):
        load(folder)


def test_stacking_of_other_classes_is_refused(store, folder, contents_of, weights):
    save(store, contents_of("stacking"), weights)
    rewrite(folder, lambda v: v.update(classes=["a", "b"]))
    with pytest.raises(BadInput, match="its recipe is of 3 classes, but it has 2"):
        load(folder)


def test_a_description_that_is_cut_off_is_refused(folder):
    content = (folder / "ensemble.json").read_bytes()
    (folder / "ensemble.json").write_bytes(content[:-20])
    with pytest.raises(DamagedResults, match=r"ensemble\.json is no whole JSON text"):
        load(folder)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("whole.keras", "keras.saving.load_model opens"),
        ("whole.pkl", "is a pickle, which would run whatever it says"),
        ("whole.JOBLIB", "is a pickle"),
        ("weights.safetensors", "is a file; give the ensemble's folder"),
        ("nothing", "holds no ensemble: there is no ensemble.json"),
    ],
)
def test_what_is_no_folder_of_an_ensemble_is_refused(tmp_path, name, message):
    if name != "nothing":
        (tmp_path / name).write_bytes(b"\x80\x04.")
    with pytest.raises(BadInput, match=message):
        load(tmp_path / name)


def test_choosing_needs_no_framework():
    script = (
        "import sys, analysis.ensemble; print(sorted({'keras', 'tensorflow'} & {*sys.modules}))"
    )
    words = [sys.executable, "-c", script]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert done.stdout == "[]\n"


def test_a_home_folder_is_put_in_for_its_sign(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(BadInput, match=f"^{tmp_path}/nothing holds no ensemble"):
        load("~/nothing")
