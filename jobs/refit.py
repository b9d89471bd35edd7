r"""A sweep's finalists again: with every epoch and several seeds, as a sweep of its own.

    python -m jobs.refit RESULTS/NAME

The new sweep stands beside the first as NAME-refit. Called again it goes on where it stopped, and
trains nothing that any sweep of the same results folder has finished.
"""

import dataclasses
import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.config import Budget, Sweep
from orchestrator.data.remote.uris import absolute, shown
from orchestrator.errors import BadInput, printable_lines
from orchestrator.process.backend import AUTO, recorded_or_other
from orchestrator.process.command_line import Command, at_least_one, flag, like, place
from orchestrator.process.error_line import sentence
from orchestrator.process.exit_code import DONE, FAILED, exit_code
from orchestrator.request import (
    EXIT_CODES,
    FinalistOptions,
    RunOptions,
    SweepRequest,
    name_of_folder,
)
from results.errors import DamagedResults
from results.paths import Paths
from results.statuses import UNDER_WAY

if TYPE_CHECKING:  # they bring pandas and Ray along: functions that need them import them
    from analysis.repeats.finalists import Finalist
    from analysis.sweep_folder import SweepFolder
    from results.store import Store


@dataclass(frozen=True, kw_only=True)
class RefitRequest(FinalistOptions, RunOptions):
    """Which sweep's finalists are trained again, and how."""

    sweep: str = flag(
        "a sweep's own folder, RESULTS/NAME, or its URI",
        required=True,
        positional=True,
        check=place,
    )
    top: int = like(FinalistOptions, "top", 5)
    epochs: int | None = flag(
        "default: of the sweep's longest trial", metavar="N", check=at_least_one
    )
    name: str | None = flag("of the refit's folder; default NAME-refit", check=name_of_folder)
    data: str | None = flag("the data set, if it has moved", metavar="PATH", check=place)


COMMAND = Command(
    program="python -m jobs.refit",
    takes=RefitRequest,
    description="Train a sweep's best configurations again, to the end and with several seeds.",
    epilog=f"The last line of standard output is the refit's folder. {EXIT_CODES}",
)


@dataclass(frozen=True)
class Places:
    """Where the first sweep is and the second will be.

    Attributes:
        results: the folder or URI that holds both, in the words of a `Store`.
        first: name of the finished sweep's folder.
        second: of the refit's.
    """

    results: str
    first: str
    second: str

    def store(self, name: str) -> "Store":
        """One of the two folders."""
        from results.store import Store

        try:
            return Store(self.results).below(name)
        except ValueError as problem:
            raise BadInput(str(problem)) from None


def main(argv: Sequence[str] | None = None) -> int:
    """0 done, 1 failed, 2 bad input, 130 interrupted; the last line printed is the folder."""
    return exit_code(lambda: _run(COMMAND.read(argv)))


def _run(request: RefitRequest) -> int:
    # Only now: they take seconds, which words that cannot be need not wait for.
    from analysis.repeats.finalists import finalists
    from analysis.sweep_folder import SweepFolder
    from orchestrator.driver import execution

    places = _places(request)
    folder = SweepFolder(places.store(places.first))
    sweep_request = _sweep_request(request, places, folder)
    chosen = finalists(folder, request.top)
    if not chosen:
        raise BadInput(
            f"{folder.store.root} has no trial with a validation accuracy, so there is nothing to "
            "train again"
        )
    _check_data(folder, sweep_request)
    introduction = "\n".join(_introduction(folder, chosen, request.top))
    print(printable_lines(introduction), file=sys.stderr)
    code = execution.run(
        sweep_request, question(folder, chosen, _fresh_seeds(folder, request.seeds))
    )
    if code in (DONE, FAILED) and not request.dry_run:
        _conclude(chosen, places)
    return code


def _places(request: RefitRequest) -> Places:
    """Raises BadInput for what can be no sweep's folder."""
    place = request.sweep
    if "://" in place:
        base, mark, settings = place.partition("?")
        results, _, first = base.rstrip("/").rpartition("/")
        results += mark + settings
        if "://" not in results:
            raise BadInput(
                f"{shown(base)} names no sweep; expected the URI of its folder, RESULTS/NAME"
            )
    else:
        if request.address and not Path(place).is_absolute():
            raise BadInput(
                f"{place} is relative; on a cluster the working directory is a throw-away copy on "
                "each node: give an absolute path that all nodes share, or a URI"
            )
        folder = Path(place).absolute()
        if not folder.is_dir():
            problem = "is a file" if folder.exists() else "does not exist"
            raise BadInput(f"{folder} {problem}; give the folder of a sweep, RESULTS/NAME")
        results, first = str(folder.parent), folder.name
    second = request.name or name_of_folder("--name", f"{first}-refit")
    if second == first:
        raise BadInput(f"--name {second} is the sweep itself; choose another for its refit")
    return Places(results, first, second)


def _sweep_request(request: RefitRequest, places: Places, folder: "SweepFolder") -> SweepRequest:
    """What the sweep is asked besides its question.

    The data set is where the first sweep found it, unless told otherwise.
    """
    options = {f.name: getattr(request, f.name) for f in dataclasses.fields(RunOptions)}
    if request.backend == AUTO:  # else their accuracies differ by more than the seeds
        options["backend"] = recorded_or_other(folder.backend).backend
    return SweepRequest(
        results=places.results,
        name=places.second,
        epochs=request.epochs,
        data=folder.data_path(request.data),
        split_by=folder.source.reading.split_by,
        labels=folder.source.reading.labels or None,
        go_on=True,
        again=COMMAND.line(request, without=("dry_run",)),
        **options,
    )


def _check_data(folder: "SweepFolder", request: SweepRequest) -> None:
    """Another data set would make the two sweeps' accuracies incomparable."""
    source = dataclasses.replace(folder.source, digest="")
    if request.data:
        source = dataclasses.replace(source, path=absolute(request.data))
    advice = "give --data PATH of the data set that the sweep was made on"
    try:
        digest = source.open().digest
    except BadInput as problem:
        raise BadInput(
            f"the data set of {folder.store.root} cannot be read ({problem}); {advice}"
        ) from None
    if digest != folder.digest:
        place = shown(source.path or "the embedded data set")
        raise BadInput(
            f"{place} has digest {digest[:12]}, but {folder.store.root} was made on "
            f"{folder.digest[:12]}: the data changed; {advice}"
        )


def _fresh_seeds(folder: "SweepFolder", count: int) -> list[int]:
    """The lowest seeds that the first sweep did not use.

    Its finalists were picked for what they reached with theirs, so those would flatter the mean.
    """
    used = set(folder.trials["seed"].dropna().astype(int))
    return list(itertools.islice((n for n in itertools.count() if n not in used), count))


def question(folder: "SweepFolder", chosen: "Sequence[Finalist]", seeds: Sequence[int]) -> Sweep:
    """What the refit asks: every finalist with every seed, nobody stopped by a rung.

    Args:
        folder: of the first sweep.
        chosen: its finalists.
        seeds: all different.
    """
    name = folder.record["name"]
    return Sweep(
        name=f"{name}-refit",
        question=f"How good are the {len(chosen)} best of {name} over {len(seeds)} seeds?",
        space={
            "epochs": int(folder.trials["epochs"].max()),
            "seed": {"grid_search": list(seeds)},
        },
        budget=Budget(trials=len(chosen) * len(seeds), early_stopping=False),
        search="grid",
        embedded=folder.source.embedded,
        configurations=tuple(finalist.settings for finalist in chosen),
    )


def _introduction(folder: "SweepFolder", chosen: "Sequence[Finalist]", top: int) -> list[str]:
    """Who the finalists are, and what should be known about how they were found."""
    from analysis.repeats.finalists import distinct_names

    name = folder.record["name"]
    lines = [f"finalists of {name}, by validation accuracy"]
    for finalist, difference in zip(chosen, distinct_names(chosen), strict=True):
        how = f"{finalist.status} after {finalist.epochs} epochs"
        lines.append(f"{finalist.place:>4}  {finalist.accuracy:.4f}  {how:<32}  {difference}")
    if len(chosen) < top:
        lines.append(f"note: {name} has {len(chosen)} different configurations, not {top}")
    if unfinished := _unfinished(folder):
        lines.append(
            f"note: {name} is not finished ({unfinished}); the finalists are the best so far"
        )
    return lines


def _unfinished(folder: "SweepFolder") -> str:
    """What an interrupted sweep has still to do; "" where it is done."""
    trials, planned = folder.trials, folder.record.get("trials", 0)
    counts: dict[str, Any] = {
        "interrupted or running": int(trials["status"].isin(UNDER_WAY).sum()),
        "paused at a rung": int((trials["status"] == "paused").sum()),
        "stopped by its time budget": int((trials["ended_by"] == "time").sum()),
        "not begun": max(0, int(planned) - len(trials)),
    }
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count)


def _conclude(chosen: "Sequence[Finalist]", places: Places) -> None:
    """Write and say what the seeds came to, as far as they have come."""
    from analysis.repeats.over_seeds import over_seeds
    from analysis.repeats.words import in_markdown
    from analysis.stored_answer import right_answers
    from analysis.sweep_folder import SweepFolder
    from results.schema import table
    from results.tables.over_seeds import SEEDS

    store = places.store(places.second)
    try:
        refit = SweepFolder(store)
    except DamagedResults as problem:
        print(f"note: no table over seeds: {sentence(problem)}", file=sys.stderr)
        return
    rows = over_seeds(chosen, refit, right_answers(store, list(refit.trials["trial"])))
    text = in_markdown(rows, refit)
    for each in (store, places.store(places.first)):  # the latter's page shows it, too
        each.write_table(Paths().seeds, table(SEEDS, rows))
    store.write_bytes(Paths().seeds_text, text.encode())
    print(f"\n{printable_lines(text)}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
