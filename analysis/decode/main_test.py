from analysis.decode.__main__ import main
from orchestrator.testing.stored_sweep import write_sweep


def test_the_answer_comes_first(capsys):
    assert main(["--loss", "1.2933", "--accuracy", "0.8852"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("0.8852 is binary accuracy: 7-class accuracy 0.5")
    assert [line.split()[0] for line in lines[1:]] == ["our", "bounds", "because"]


def test_a_sweeps_own_trials_are_compared_with(tmp_path, capsys):
    """Scripted rows have 0.8857 for binary accuracy, whatever they are."""
    folder = tmp_path / "old"
    store = write_sweep(tmp_path, "old", "2026-01-01", [0.02 + i / 1000 for i in range(6)])
    loss = store.read_table("epochs.parquet").to_pandas()["validation_loss"].iloc[0]
    words = ["--loss", str(loss), "--accuracy", "0.8857", "--results", str(folder)]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert out.startswith("0.8857 is binary accuracy")
    assert f" of the trials of {folder} have a loss within" in out


def test_a_damaged_record_is_refused(tmp_path, capsys):
    store = write_sweep(tmp_path, "old", "2026-01-01", [0.02])
    words = ["--loss", "1", "--accuracy", "0.5", "--results", str(tmp_path / "old")]
    for record in ({"data": "x"}, {"data": {"classes": 7}}):
        store.write_json("sweep.json", record)
        assert main(words) == 2
        assert "sweep.json" in capsys.readouterr().err
    store.write_json("sweep.json", ["no record"])
    assert main(words) == 0


def test_what_cannot_be_is_refused_in_a_sentence(tmp_path, capsys):
    for words, sentence in [
        (["--loss", "1.2", "--accuracy", "88.5"], "--accuracy 88.5: expected a share from 0 to 1"),
        (["--loss", "-1", "--accuracy", "0.5"], "--loss -1: expected a cross-entropy"),
        (["--loss", "nan", "--accuracy", "0.5"], "--loss nan: expected a cross-entropy"),
        (["--loss", "1", "--accuracy", "0.5", "--classes", "1"], "from 2 to 255"),
        (["--loss", "1", "--accuracy", "0.5", "--results", str(tmp_path)], "epochs.parquet"),
    ]:
        assert main(words) == 2
        assert sentence in capsys.readouterr().err
