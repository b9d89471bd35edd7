import os
import secrets
import shutil
from pathlib import Path

import pytest

from analysis.comparison.testing import MadeUpFolder, wrong_at
from jobs.compare import COMMAND, main
from orchestrator.data.cache.open_faces import open_faces
from results.storage.s3_server import ENVIRONMENT, S3Server
from results.store import Store

OLD = Path(__file__).parents[1] / "results" / "format_1" / "old.zip"
"""A sweep that version 0.1.0 left, of 280 drawn faces; 3 of its 5 trials came to their ends."""


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("ORCHESTRATOR_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def splits(cache):
    return open_faces(None, embedded=140, cache=cache)


@pytest.fixture
def sweeps(tmp_path, splits):
    """Two folders: only the second is right on eight of 14 images."""
    places = []
    for name, wrong in (("a", range(9)), ("b", range(8, 9))):
        folder = MadeUpFolder(tmp_path / name, splits)
        folder.add(f"0{name}", wrong_at(splits, wrong), learning_rate=0.1 + len(places))
        folder.written()
        places.append(tmp_path / name)
    return places


def files(*folders):
    return {file: file.read_bytes() for folder in folders for file in folder.rglob("*.*")}


def test_it_ends_with_the_answer_and_the_page_beside_the_folders(sweeps, capsys):
    before = files(*sweeps)
    assert main([str(place) for place in sweeps]) == 0
    out, err = capsys.readouterr()
    page = sweeps[0].parent / "compare-a-b.html"
    answer, place = out.splitlines()
    assert answer.startswith(
        "On the same 14 validation images the best single model of b is more accurate than that "
        "of a: 0.929 against 0.357, a difference of +0.571 ["
    )
    assert (place, err) == (str(page), "")
    source = page.read_text()
    assert answer.split("(McNemar")[0] in source
    assert source.endswith("</html>")
    assert source.count("<use ") == 8
    assert files(*sweeps) == before
    assert sorted(os.listdir(sweeps[0].parent)) == ["a", "b", "compare-a-b.html"]


def test_the_page_goes_where_it_is_wanted(sweeps, tmp_path, capsys):
    file = tmp_path / "pages" / "mine.html"
    assert main([*map(str, sweeps), "--output", str(file)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(file)
    assert "</html>" in file.read_text()
    assert not (tmp_path / "compare-a-b.html").exists()
    assert os.listdir(file.parent) == ["mine.html"]


def uploaded(folder, place):
    """The same sweep elsewhere; its store."""
    store = Store(place)
    for file in folder.rglob("*"):
        if file.is_file():
            store.write_bytes(file.relative_to(folder).as_posix(), file.read_bytes())
    return store


@pytest.fixture(params=["memory", pytest.param("s3", marks=pytest.mark.long)])
def remote(request, monkeypatch):
    """A place in a store that is not on this disk."""
    if request.param == "memory":
        yield f"memory://{secrets.token_hex(8)}"
        return
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with S3Server() as server:
        yield server.place()


def in_remote(place, name):
    base, mark, settings = place.partition("?")
    return f"{base}/{name}{mark}{settings}"


def test_sweeps_on_an_object_store_are_compared_as_on_a_disk(sweeps, remote, tmp_path, capsys):
    assert main([str(place) for place in sweeps]) == 0
    answer, page = capsys.readouterr().out.splitlines()
    expected = Path(page).read_text().partition(COMMAND.program)[0]
    stores = [uploaded(place, in_remote(remote, place.name)) for place in sweeps]
    before = [store.list("") for store in stores]
    assert main([store.place for store in stores]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [answer, f"{stores[0].above().root}/compare-a-b.html"]
    assert err == ""
    made = stores[0].above().read_bytes("compare-a-b.html").decode()
    assert made.partition(COMMAND.program)[0] == expected
    assert [store.list("") for store in stores] == before
    # One there, one here; and the page where it is wanted.
    assert main([stores[0].place, str(sweeps[1]), "--output", str(tmp_path / "mixed.html")]) == 0
    assert capsys.readouterr().out.splitlines()[0] == answer
    wanted = in_remote(remote, "pages/mine.html")
    assert main([str(sweeps[0]), stores[1].place, "--output", wanted]) == 0
    assert capsys.readouterr().out.splitlines()[1] == wanted.partition("?")[0]
    assert b"</html>" in stores[0].above().read_bytes("pages/mine.html")


def test_what_is_no_sweep_on_a_store_is_refused_too(sweeps, remote, capsys):
    store = uploaded(sweeps[0], in_remote(remote, "a"))
    assert "absent is no sweep" in refusal(capsys, store.place, in_remote(remote, "absent"))
    assert "was given twice" in refusal(capsys, store.place, store.place)
    assert "has credentials in it" in refusal(capsys, sweeps[0], "s3://key:word@bucket/a")
    assert "nowhere" in refusal(capsys, sweeps[0], "nowhere://bucket/a")


def test_a_page_without_faces_is_made_where_the_data_are_gone(sweeps, tmp_path, splits):
    gone = {
        "path": str(tmp_path / "gone.csv"),
        "embedded": None,
        "seed": None,
        "digest": "1" * 64,
        "classes": list(splits.classes),
    }
    for name, wrong in (("c", range(9)), ("d", range(8, 9))):
        made = MadeUpFolder(tmp_path / name, splits, data=gone)
        made.add(f"0{name}", wrong_at(splits, wrong)).written()
    assert main([str(tmp_path / "c"), str(tmp_path / "d")]) == 0
    source = (tmp_path / "compare-c-d.html").read_text()
    assert "The faces cannot be shown: the data set of" in source
    assert "d right, c wrong: 8 of 8 images" in source
    assert str(tmp_path) not in source


def refusal(capsys, *words):
    assert main([str(word) for word in words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    return err


def test_what_is_no_finished_sweep_is_refused_in_one_sentence(sweeps, tmp_path, splits, capsys):
    good = sweeps[0]
    (tmp_path / "empty").mkdir()
    file = tmp_path / "file"
    file.touch()
    assert "is a file" in refusal(capsys, good, file)
    assert "does not exist" in refusal(capsys, tmp_path / "absent", good)
    assert "empty is no sweep's folder" in refusal(capsys, good, tmp_path / "empty")
    unfinished = MadeUpFolder(tmp_path / "u", splits)
    unfinished.add("0u", wrong_at(splits, ()), status="pruned").written()
    assert "has no finished trial (1 pruned)" in refusal(capsys, good, tmp_path / "u")
    assert not list(tmp_path.glob("*.html"))
    assert not (tmp_path / "absent").exists()


def test_one_folder_twice_is_refused_under_whatever_name(sweeps, tmp_path, capsys):
    (tmp_path / "link").symlink_to(sweeps[0])
    assert "was given twice" in refusal(capsys, sweeps[0], f"{sweeps[0]}/")
    assert "was given twice" in refusal(capsys, sweeps[0], tmp_path / "link")


def test_a_page_that_cannot_be_written_is_said_before_anything_is_lost(sweeps, tmp_path, capsys):
    assert "is a folder; give --output a file" in refusal(
        capsys, *sweeps, "--output", tmp_path / "a"
    )
    (tmp_path / "file").write_text("mine")
    assert "cannot be written" in refusal(capsys, *sweeps, "--output", tmp_path / "file" / "x.html")
    assert (tmp_path / "file").read_text() == "mine"


def test_an_empty_word_is_refused(sweeps, capsys):
    assert "expected a text" in refusal(capsys, sweeps[0], "")


def test_folders_of_version_0_1_0_are_compared_too(cache, tmp_path, capsys):
    for name in ("one", "two"):
        shutil.unpack_archive(OLD, tmp_path / name)
    assert main([str(tmp_path / name / "old") for name in ("one", "two")]) == 0
    answer, page = capsys.readouterr().out.splitlines()
    assert page == str(tmp_path / "one" / "compare-old-old.html")
    assert answer.startswith(
        "On the same 28 validation images the best single models of old (first) and old (second) "
        "give the same answers (accuracy "
    )
    assert (
        "3 configurations and seeds were trained to their ends by both, and agree exactly."
        in (tmp_path / "one" / "compare-old-old.html").read_text()
    )
