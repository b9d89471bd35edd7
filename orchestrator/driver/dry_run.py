"""What a sweep would do and cost: the answer to `--dry-run`, from a few measured steps."""

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from orchestrator.backtest.quote import SHIPPED, quote
from orchestrator.driver.warm_start import warm_start
from orchestrator.plan import Plan, with_backend
from orchestrator.process import backend as backends
from orchestrator.process import hardware
from orchestrator.process.duration import duration
from orchestrator.process.surroundings import own_packages
from orchestrator.process.terminal import ESCAPED
from orchestrator.request import SweepRequest, unused_address
from orchestrator.scheduling.schedulers import catalogue
from orchestrator.search.examples import examples
from orchestrator.seeds import repeats_all
from results.store import Store

MEASURE = tuple(own_packages.child("orchestrator.training.throughput.measure"))


def dry_run(plan: Plan, request: SweepRequest) -> int:
    """Print the resolved space, the trials, the rungs and an estimate; start nothing."""
    if not plan.resume:
        on_gpu = request.gpus_per_trial != 0 and hardware.has_gpu()
        plan = with_backend(plan, backends.choose(request.backend, on_gpu))
    splits = plan.splits
    named = ("training", "validation", "test")
    sizes = ", ".join(f"{len(getattr(splits, n)):,} {n}" for n in named)
    print(f"{plan.sweep.name}: {plan.sweep.question}")
    print(f"\ndata       {request.data or 'embedded faces'}: {sizes} images")
    for note in (*splits.notes, *unused_address(request), *backends.not_followed()):
        print(f"           note: {note}")
    print(f"folder     {plan.folder}")
    print(f"search     {plan.sweep.search}, at most {plan.trials} trials, seed {plan.seed}")
    for change in plan.changes:
        print(f"extends    {change.what} from {change.before} to {change.now}")
    print(f"backend    {plan.backend} ({plan.backend_reason or 'as the sweep began'})")
    print(f"rungs      {_rungs_line(plan)}")
    if request.seeds and not repeats_all(plan.sweep):
        top = plan.comparison.finalists
        print(f"seeds      {request.seeds} of each of {top} finalists, afterwards; not estimated")
    if request.warm_start and not plan.resume:
        event = warm_start(plan, lambda line: print(f"           {line}"))
        if event["trials"] and plan.scheduler:
            print("           (not in the estimate: rivals let fewer of the sweep's own go on)")
    print("\nspace\n  " + "\n  ".join(_aligned(plan.space.describe())))
    if differences := plan.space.differences():
        lines = [f"{number:>4}  {text}" for number, text in enumerate(differences, 1)]
        print("\nconfigurations: of the values above, these belong together\n" + "\n".join(lines))
    sys.stdout.flush()  # all of this can be read while the rest is measured
    print("\n" + "\n".join(_estimate_lines(plan, request)))
    print(plan.folder)
    return 0


def _aligned(texts: Mapping[str, str]) -> list[str]:
    width = max((len(key) for key in texts), default=0)
    return [f"{key:<{width}}  {text}" for key, text in texts.items()]


def _rungs_line(plan: Plan) -> str:
    rungs = plan.comparison.rungs
    if not rungs.epochs:
        return "none: every trial runs to its last epoch"
    several = "s" if len(rungs.epochs) > 1 else ""
    epochs = f"epoch{several} {', '.join(map(str, rungs.epochs))}"
    own = f" of {rungs.length}, or as far into a shorter trial" if rungs.length else ""
    setup = plan.comparison
    least = f", {setup.finalists} at least" if plan.scheduler != catalogue.BEFORE else ""
    passing = f"one trial in {setup.reduction_factor} goes on{least}"
    return f"after {epochs}{own}, where {passing} ({plan.scheduler})"


def _estimate_lines(plan: Plan, request: SweepRequest) -> list[str]:
    """Measured speeds and what follows from them."""
    began = time.monotonic()
    try:
        speeds = measure(plan)
    except RuntimeError as problem:
        return [f"estimate   none: {problem}"]
    took = duration(time.monotonic() - began)
    lines = [f"estimate   from a few steps measured in {took} on this machine, one thread a trial"]
    for name, speed in speeds.items():
        if "error" in speed:
            lines.append(f"  {name:16} cannot be built: {speed['error']}")
        else:
            epoch = duration(_epoch_seconds(plan, speed["images_per_second"]))
            lines.append(
                f"  {name:16} {speed['images_per_second']:7.0f} images/s, {epoch} an epoch, "
                f"{speed['parameters']:,} parameters, {speed['precision']}"
            )
    usable = {n: s["images_per_second"] for n, s in speeds.items() if "error" not in s}
    if not usable:
        return [*lines, "  no estimate: no architecture could be built"]
    often = Counter(row.get("architecture") for row in plan.space.configurations)
    shares = {name: often[name] or 1 for name in usable}
    each = sum(shares[n] * _epoch_seconds(plan, usable[n]) for n in usable) / sum(shares.values())
    epochs = plan.comparison.halving_epochs
    slots = request.concurrency or hardware.cores()
    seconds = epochs * each / min(slots, plan.trials)
    lines.append(
        f"  about {epochs} epochs of {plan.trials * plan.most_epochs} without early "
        f"stopping; about {duration(seconds)} with {slots} trials at once on this machine"
        + (" (asha may let many more pass)" if plan.scheduler == "asha" else "")
    )
    stores = [plan.results, Store(SHIPPED)]
    if quotation := quote(stores, plan.scheduler, plan.trials, slots):
        lines.append(f"  {quotation}")
    if request.time_budget is not None:
        lines.append(f"  ended by --time-budget after {duration(request.time_budget)} at most")
    return lines


def _epoch_seconds(plan: Plan, images_per_second: float) -> float:
    # Prediction is a third of a training step: forward without backward.
    images = len(plan.splits.training) + len(plan.splits.validation) / 3
    return images / images_per_second


def measure(plan: Plan) -> dict[str, Mapping[str, Any]]:
    """Architecture -> measured speed, in a process of its own: no framework enters this one.

    Standard error is told what is being measured.

    Raises:
        RuntimeError: where that process fails.
    """
    configs = [config.to_flat() for config in examples(plan.space, plan.base).values()]
    side = plan.splits.training.images.shape[1]
    task = {"configs": configs, "side": side, "classes": len(plan.splits.classes)}
    words = json.dumps({"backend": plan.backend, **task})
    _say(
        f"measuring {len(configs)} architectures; a process of their own loads {plan.backend} first"
    )
    lines, code, last_words = _measuring(words, len(configs))
    if code != 0:
        raise RuntimeError(f"measuring failed: {last_words or f'exit code {code}'}")
    speeds: dict[str, Mapping[str, Any]] = json.loads(lines[-1])
    return speeds


def _measuring(task: str, count: int) -> tuple[list[str], int, str]:
    """What the process that measures prints, its exit code, and the last line of its errors.

    Args:
        task: for its standard input.
        count: architectures in it.
    """
    with (
        tempfile.TemporaryFile("w+") as words,
        tempfile.TemporaryFile("w+", errors=ESCAPED) as errors,
    ):
        words.write(task)
        words.seek(0)
        with subprocess.Popen(
            MEASURE,
            stdin=words,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=own_packages.child_environment(),
        ) as process:
            try:
                lines = list(_shown(process.stdout or (), count))
            except BaseException:  # Ctrl-C above all: nobody waits for the answer any more
                process.kill()
                raise
        errors.seek(0)
        return lines, process.returncode, (errors.read().strip().splitlines() or [""])[-1]


def _shown(lines: Iterable[str], count: int) -> Iterator[str]:
    """The lines, while the person at the terminal hears which architecture has its turn."""
    began, number = time.monotonic(), 0
    for line in lines:
        if line.startswith('{"measuring"'):
            number += 1
            gone = duration(time.monotonic() - began)
            name = json.loads(line)["measuring"]
            _say(
                f"measuring {name} ({number} of {count}): compiling, then a few steps; {gone} gone"
            )
        yield line


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
