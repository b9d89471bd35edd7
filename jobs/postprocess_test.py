import pandas as pd
from PIL import Image

from analysis.figures.catalogue import FIGURES
from jobs.postprocess import main
from results.paths import Paths
from results.schema import EPOCHS, TRIALS, table
from results.store import Store


def test_a_sweep_s_tables_become_a_leaderboard_and_indexed_pictures(tmp_path, capsys):
    store = Store(tmp_path)
    trial = {"trial": "a", "architecture": "cnn5", "preprocessing": "plain", "status": "completed"}
    trial |= {"validation_accuracy": 0.5, "validation_n": 100}
    trial |= {"validation_accuracy_low": 0.4, "validation_accuracy_high": 0.6}
    store.write_table(Paths().trials, table(TRIALS, [trial]))
    rows = [{"trial": "a", "epoch": 1, "validation_accuracy": 0.5}]
    store.write_table(Paths().epochs, table(EPOCHS, rows))

    assert main([str(tmp_path)]) == 0

    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path)
    assert "| a | cnn5 |" in (tmp_path / Paths().leaderboard).read_text()
    index = pd.read_parquet(tmp_path / Paths().images_index)
    assert index["file"].tolist() == [f"{name}.png" for name in FIGURES]
    for row in index.itertuples():
        with Image.open(tmp_path / "images" / row.file) as picture:
            assert picture.size == (row.width, row.height)


def test_another_folder_is_refused_in_one_sentence(tmp_path, capsys):
    assert main([str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {tmp_path} is no sweep's folder")
    assert error.count("\n") == 1
