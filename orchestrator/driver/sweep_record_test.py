import json

import pytest

from orchestrator import plan
from orchestrator.driver.sweep_record import record
from orchestrator.process.backend import BackendChoice
from orchestrator.request import parse
from results.formats import FORMAT

QUESTION = """
from orchestrator.config import Budget, Sweep

def sweep():
    return Sweep("tiny", "Is it?", {"architecture": "CPF"}, Budget(trials=12), embedded=140)
"""


@pytest.fixture
def planned(tmp_path, monkeypatch):
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "tiny.py"
    file.write_text(QUESTION)
    return plan.make(parse([str(file), "--results", str(tmp_path / "results")]))


def test_it_says_as_data_how_the_results_were_obtained(planned):
    content = record(plan.with_backend(planned, BackendChoice("jax", "as asked for")), None)
    assert (content["format"], content["name"], content["question"]) == (FORMAT, "tiny", "Is it?")
    assert (content["trials"], content["rungs"]) == (
        planned.trials,
        list(planned.comparison.rungs.epochs),
    )
    assert (content["backend"], content["backend_reason"]) == ("jax", "as asked for")
    data = content["data"]
    assert (data["path"], data["embedded"], data["seed"]) == ("embedded faces (140)", 140, 0)
    assert data["images"] == {"training": 112, "validation": 14, "test": 14}
    assert (data["split_by"], data["labels"]) == ("name", None)
    assert data["digest"] == planned.splits.digest
    json.dumps(content, allow_nan=False)


def test_a_data_set_of_the_user_has_a_path_and_no_embedded_faces(planned):
    data = record(planned, "/data/fer2013.zip")["data"]
    assert (data["path"], data["embedded"], data["seed"]) == ("/data/fer2013.zip", None, None)


def test_a_warm_start_is_recorded_in_numbers(planned):
    event = {"event": "earlier", "sweeps": ["a"], "trials": [{}, {}], "first": [{}]}
    content = record(planned, None, None, event)
    assert content["warm_start"] == {"sweeps": ["a"], "trials": 2, "first": 1}
    assert record(planned, None)["warm_start"] is None
