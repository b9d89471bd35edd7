"""Recorded curves replayed, the table printed, the runs and a picture stored."""

import contextlib
import sys
import time
from collections.abc import Iterator

from jobs.execution.backtest_picture import picture
from jobs.execution.backtest_request import BacktestRequest, numbers
from jobs.execution.backtest_text import goal_lines, summary_table
from jobs.execution.sweep_place import file_place, open_store, sweep_place
from orchestrator.backtest.orders import orders
from orchestrator.backtest.recorded_grid import RecordedGrid, read
from orchestrator.backtest.replay import Conditions, Maker
from orchestrator.backtest.runs import NONE, RAY, Bench
from orchestrator.backtest.summary import summaries
from orchestrator.errors import BadInput
from orchestrator.on_ray.peers.ray_asha import RayAsha
from orchestrator.process.duration import duration
from orchestrator.process.error_line import error_line
from orchestrator.process.exit_code import DONE
from orchestrator.scheduling.schedulers.catalogue import SCHEDULERS
from results.backtest.tables import PICTURE_FILE, RUNS_FILE
from results.store import Store

MAKERS: dict[str, Maker] = {**SCHEDULERS, RAY: RayAsha, NONE: None}
"""Ours, Ray Tune's own, and nobody."""


def backtest(request: BacktestRequest) -> int:
    """Print tables and what meets the goals and, last, the file of all runs.

    Raises:
        BadInput, DamagedResults: one sentence for the user.
    """
    grid, beside = _grid(request.results)
    out = open_store(request.out) if request.out else beside
    bench = _bench(request, grid)
    print(_headline(grid, bench))
    for note in grid.notes:
        print(f"note: {note}")
    began = time.monotonic()

    def begun(name: str) -> None:
        gone = duration(time.monotonic() - began)
        print(f"replaying {name}; {gone} gone", file=sys.stderr, flush=True)

    runs = bench.runs(grid, begun)
    made = summaries(runs.to_pylist())
    shown = request.shown if request.shown in bench.slots else max(bench.slots)
    for size in bench.sizes:
        print(f"\n{size} trials, {shown} at once\n\n{summary_table(made, size, shown)}", end="")
    print("\n" + "\n".join(goal_lines(made)))
    drawn = picture(made, max(bench.sizes), shown)
    if request.curves:
        with _writing(request.curves, "--curves a file"):
            folder, name = file_place(request.curves)
            folder.write_table(name, grid.table())
    with _writing(out.root, "--out a folder"):
        out.write_bytes(PICTURE_FILE, drawn)
        out.write_table(RUNS_FILE, runs)
    print(f"{out.root}/{RUNS_FILE}")
    return DONE


@contextlib.contextmanager
def _writing(place: str, advice: str) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise BadInput(
            f"{place} cannot be written ({error_line(problem)}); give {advice} where you may write"
        ) from None


def _grid(place: str) -> tuple[RecordedGrid, Store]:
    """The curves, and the folder beside them."""
    if place.partition("?")[0].endswith(".parquet"):
        folder, name = file_place(place)
        return read(folder, name), folder
    store = open_store(sweep_place(place))
    return read(store), store.above()


def _bench(request: BacktestRequest, grid: RecordedGrid) -> Bench:
    names = request.schedulers.split(",") if request.schedulers else list(MAKERS)
    for name in names:
        if name not in MAKERS:
            raise BadInput(f"unknown scheduler {name!r}; known: {', '.join(MAKERS)}")
    sizes = numbers(request.trials) if request.trials else (len(grid.trials),)
    if max(sizes) > len(grid.trials):
        raise BadInput(
            f"--trials {max(sizes)}: only {len(grid.trials)} trials can be replayed; give at most "
            "so many"
        )
    conditions = Conditions(
        grace=request.grace,
        reduction_factor=request.factor,
        start_seconds=request.start_seconds,
    )
    makers = {name: MAKERS[name] for name in names}
    arrivals = orders(request.orders, request.seed)
    return Bench(makers, sizes, numbers(request.slots), arrivals, conditions)


def _headline(grid: RecordedGrid, bench: Bench) -> str:
    best = max(grid.trials, key=lambda trial: trial.best)
    all_epochs = sum(len(trial.rows) for trial in grid.trials)
    return (
        f"{len(grid.trials)} recorded trials of at most {grid.longest} epochs, {all_epochs:,} "
        f"in all, best {best.best:.4f}; {len(bench.orders)} orders of arrival, one ascending, one "
        f"descending; first rung {bench.conditions.grace}, one in "
        f"{bench.conditions.reduction_factor} goes on"
    )
