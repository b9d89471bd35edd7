import pytest

from jobs.execution.sweep_place import file_place, open_store, sweep_place
from orchestrator.errors import BadInput
from results.store import DamagedResults


def test_a_folder_is_absolute_and_a_uri_stays(tmp_path, monkeypatch):
    (tmp_path / "runs" / "first").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert sweep_place("runs/first") == str(tmp_path / "runs" / "first")
    assert sweep_place("s3://lab/first?scheme=http") == "s3://lab/first?scheme=http"


def test_what_is_no_folder_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DamagedResults, match=r"file is a file; give the folder of a sweep"):
        sweep_place(str(tmp_path / "file"))
    with pytest.raises(DamagedResults, match=r"none does not exist; give the folder"):
        sweep_place(str(tmp_path / "none"))
    assert not (tmp_path / "none").exists()


def test_a_file_s_folder_and_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store, name = file_place("page.html")
    assert (store.root, name) == (str(tmp_path), "page.html")
    with pytest.raises(BadInput, match=r" is a folder; give --output a file$"):
        file_place(str(tmp_path), "give --output a file")


def test_a_uri_nobody_knows_is_refused_in_a_sentence():
    with pytest.raises(BadInput, match="nope://"):
        open_store("nope://a/b")
