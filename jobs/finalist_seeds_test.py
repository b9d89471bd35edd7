import pandas as pd
import pytest

from orchestrator import sweep
from results.paths import Paths
from results.store import Store
from results.tables.over_seeds import SEEDS

QUESTION = """
from ray import tune
from orchestrator.config import Budget, Sweep


def sweep() -> Sweep:
    return Sweep(
        name="small",
        question="Which rate?",
        space={
            "architecture": "CPF",
            "width": 0.125,
            "batch_size": 16,
            "precision": "float32",
            "learning_rate": tune.grid_search([0.02, 1e-6, 1e-7]),
            "epochs": 3,
        },
        budget=Budget(trials=3, grace_epochs=1, finalists=1),
        search="grid",
        embedded=140,
    )
"""


@pytest.mark.ray
@pytest.mark.slow
def test_a_search_s_finalists_become_groups_and_the_sweep_has_their_table(
    tmp_path, monkeypatch, capfd
):
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "small.py"
    file.write_text(QUESTION)
    words = [str(file), f"--results={tmp_path / 'runs'}", "--seeds=2", "--no-postprocess"]

    assert sweep.main([*words, "--concurrency=1"]) == 0

    out, err = capfd.readouterr()
    first, second = tmp_path / "runs" / "small", tmp_path / "runs" / "small-refit"
    assert out.splitlines()[-1] == str(first)
    trials = pd.read_parquet(second / Paths().trials)
    assert trials["seed"].tolist() == [1, 2]
    assert set(trials["status"]) == {"completed"}
    assert set(trials["epochs_trained"]) == {3}
    tables = [
        Store(folder).read_table(Paths().seeds, SEEDS).to_pylist() for folder in (first, second)
    ]
    assert tables[0] == tables[1]
    (row,) = tables[0]
    assert (row["n"], row["begun"], row["first_place"]) == (2, 2, 1)
    assert row["mean"] == pytest.approx(trials["validation_accuracy"].mean())
    assert "# small-refit: finalists over several seeds" in err
