import subprocess
import sys
from pathlib import Path

import pytest

from jobs.prepare import main
from orchestrator.data.testing import example, fer2013_csv, noise_folder, write_folder

ROOT = Path(__file__).parents[1]


@pytest.fixture
def table(tmp_path) -> Path:
    return write_folder(fer2013_csv(example((10, 2, 0))), tmp_path) / "fer2013.csv"


def run(table: Path, tmp_path: Path) -> int:
    return main(["--data", str(table), "--cache", str(tmp_path / "cache")])


def test_it_prints_counts_notes_and_audit_and_ends_with_the_entrys_folder(table, tmp_path, capsys):
    assert run(table, tmp_path) == 0
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert captured.err == ""
    assert lines[0].startswith(f"{table}: fer2013.csv, opened in ")
    rows = {line.split()[0]: line.split()[1:] for line in lines[2:7]}
    emotions = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
    assert rows["split"] == [*emotions, "total"]
    assert rows["training"] == ["9"] * 7 + ["63"]
    assert rows["validation"] == ["2"] * 7 + ["14"]
    assert rows["test"] == ["1"] * 7 + ["7"]
    assert rows["all"] == ["12"] * 7 + ["84"]
    text = captured.out
    assert "no test (PrivateTest) split: 7 of its 70 training images were carved off" in text
    assert "The training split has 70 images, FER2013 as published 28,709: angry 10 instead" in text
    assert "84 of 84 images are different" in text
    assert "0 of 14 validation images have a copy in training as given" in text
    folder = Path(lines[-1])
    assert folder.parent == tmp_path / "cache"
    assert (folder / "audit.parquet").exists()
    assert f"Audit, image by image: {folder / 'audit.parquet'}" in lines


def test_the_second_run_says_the_same(table, tmp_path, capsys):
    run(table, tmp_path)
    first = capsys.readouterr().out.splitlines()
    run(table, tmp_path)
    assert capsys.readouterr().out.splitlines()[1:] == first[1:]


def test_bad_input_is_one_sentence_and_exit_code_2(tmp_path):
    command = [sys.executable, "-m", "jobs.prepare", "--data", str(tmp_path / "no.zip")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        f"error: {tmp_path / 'no.zip'} does not exist; "
        "give --data an existing CSV, zip, tar.gz or folder\n"
    )


def test_data_may_be_a_uri(table, tmp_path, capsys):
    assert main(["--data", table.as_uri(), "--cache", str(tmp_path / "cache")]) == 0
    assert capsys.readouterr().out.startswith(f"{table.as_uri()}: fer2013.csv, opened in ")
    assert main(["--data", "s3://key:hush@bucket/x?scheme=http"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: s3://bucket/x: the URI carries credentials")
    assert "hush" not in error


def test_the_folder_may_decide_on_the_split(tmp_path, capsys):
    noise = noise_folder({f"{s}/{k}": 6 for s in ("train", "test") for k in ("happy", "sad")})
    members = {name.replace("/n", "/Training_"): data for name, data in noise.items()}
    path = write_folder(members, tmp_path / "d")
    words = ["--data", str(path), "--cache", str(tmp_path / "cache")]
    assert main(words) == 0
    by_name = capsys.readouterr().out
    assert "Of 12 images the file's name and its folder give different splits" in by_name
    assert main([*words, "--split-by", "folder"]) == 0
    by_folder = capsys.readouterr().out
    rows = {line.split()[0]: line.split()[-1] for line in by_folder.splitlines()[2:7]}
    assert (rows["training"], rows["test"], rows["all"]) == ("10", "12", "24")
    assert by_folder.splitlines()[-1] != by_name.splitlines()[-1]  # another entry


def test_one_class_is_refused_before_anything_is_trained(tmp_path, capsys):
    path = write_folder(noise_folder({"happy": 9}), tmp_path / "d")
    assert main(["--data", str(path), "--cache", str(tmp_path / "cache")]) == 2
    assert "all 9 images are of one class (happy)" in capsys.readouterr().err


def test_without_data_the_embedded_faces_are_prepared(tmp_path, capsys):
    assert main(["--embedded", "70", "--cache", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("no --data: embedded faces, opened in ")
    assert "70 embedded faces, drawn with seed 0: no photographs." in out


def test_no_name_in_the_data_reaches_the_terminal_as_a_command_to_it(tmp_path, capsys):
    members = noise_folder({"happy": 5, "sad": 5}) | {"x\x1b[2J\u202ey.md": b"", "z\n.txt": b""}
    path = write_folder(members, tmp_path / "d\x1b[31m")
    assert run(path, tmp_path) == 0
    text = capsys.readouterr().out
    assert "2 files that are no images were left out, e.g. x\\x1b[2J\\u202ey.md." in text
    assert text.replace("\n", "").isprintable()


def test_a_class_named_by_a_table_may_not_steer_the_terminal_either(tmp_path, capsys):
    names = ("sad", "x\x1b[2J")
    rows = [f"n{n}.png,{names[n % 2]}" for n in range(6)]
    table = "\n".join(["image,emotion", *rows]).encode()
    path = write_folder(noise_folder({"i": 6}) | {"l.csv": table}, tmp_path / "d")
    assert run(path, tmp_path) == 2
    assert "control characters stand in the class's name 'x\\x1b[2j'" in capsys.readouterr().err
