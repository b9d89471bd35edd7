import sys

from orchestrator import plan
from orchestrator.driver.local_files import LocalFiles
from orchestrator.driver.run import SweepRun, rule
from orchestrator.driver.warm_start import warm_start
from orchestrator.process.backend import BackendChoice
from orchestrator.process.provenance import code_digest
from orchestrator.request import parse
from orchestrator.testing.stand_ins import ListJournal
from orchestrator.testing.stored_sweep import write_sweep
from results.paths import Paths

QUESTION = """
from ray import tune
from orchestrator.config import Budget, Sweep

def sweep():
    space = {"learning_rate": tune.grid_search([0.01, 0.02, 0.03, 0.05]), "epochs": 18}
    return Sweep("tiny", "Which rate?", space, Budget(trials=4), search="grid", embedded=140)
"""


def test_a_sweep_that_begins_says_what_it_takes_over_and_compares_with_it(
    tmp_path, monkeypatch, capsys
):
    """0.04 is not in the grid; the rates 0.03 and 0.02 are, with 9 of 18 epochs."""
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "cache"))
    (tmp_path / "tiny.py").write_text(QUESTION)
    request = parse([str(tmp_path / "tiny.py"), "--results", str(tmp_path / "r"), "--warm-start"])
    planned = plan.with_backend(plan.make(request), BackendChoice("tensorflow", ""))
    planned = plan.with_precision(planned, "float32")
    alike = {"data": planned.splits.digest, "code": code_digest()}
    write_sweep(tmp_path / "r", "old", "2026-01-01", [0.02, 0.04, 0.03], **alike)
    damaged = write_sweep(tmp_path / "r", "damaged", "2026-01-02", [0.02], **alike)
    damaged.write_bytes(Paths().trials, b"PAR1")
    work = SweepRun(request, planned, ListJournal(), LocalFiles(planned.store), sys.stderr)
    event = warm_start(planned, work.say)
    note, line = capsys.readouterr().err.splitlines()
    assert note.startswith("note: not searched for earlier trials: ")
    assert "damaged/trials.parquet" in note
    assert line == (
        "warm start: 3 trials of sweep old count as rivals at the rungs; their best 2 "
        "configurations are tried first"
    )
    assert event["first"] == [{"learning_rate": rate, "epochs": 18} for rate in (0.03, 0.02)]
    compared = rule(planned, event)
    compared.begin("a", 18)
    compared.record("a", 1, 0.1)  # the others had 0.16, 0.12 and 0.08: 4 x 0.04, 0.03 and 0.02
    assert "ranks 3 of 4 so far, the best of 7 goes on" in compared.decisions("a")[0].reason
    assert rule(planned, {}).rungs(18) == compared.rungs(18)
