"""A sweep on a GPU, disturbed: four trials at a time, one killed, interrupted, resumed, worked up.

`python -m cluster.chaos.gpu_check` and the row `gpu` of the faults' table.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from cluster.chaos import gpu_question, tiny_sweep
from cluster.chaos.comparison import inconsistencies
from cluster.chaos.outcome import Outcome, wrong_exit
from cluster.chaos.sandbox import Sandbox, end_all
from orchestrator.process import hardware
from orchestrator.process.exit_code import DONE, INTERRUPTED
from results.paths import Paths
from results.schema import TRIALS

AT_ONCE = 4
SHARE = "0.25"
MEASURED = "measured"

PATIENCE_S = 300.0
"""For a first epoch, compiling included, and for all that is left after a resume."""

NOTICED_S = 10.0
"""In which a worker's death is noticed, at most."""


@dataclass
class Check:
    """One sweep and what is said of it.

    Attributes:
        sandbox: the sweep.
        say: tells what happens.
        wrong: what did not go as it has to.
        began: moment of `time.monotonic`.
    """

    sandbox: Sandbox
    say: Callable[[str], None]
    wrong: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def step(self, words: str) -> None:
        """Say what happened, and when."""
        self.say(f"[{time.monotonic() - self.began:6.1f} s] {words}")

    def expect(self, holds: bool, otherwise: str) -> None:
        """Note what is wrong."""
        if not holds:
            self.wrong.append(otherwise)
            self.step(f"WRONG: {otherwise}")

    def running(self) -> list[str]:
        """Trials that have told an epoch and not ended."""
        ended = {event["trial"] for event in self.sandbox.events("ended")}
        return sorted({event["trial"] for event in self.sandbox.events("epoch")} - ended)

    def epochs(self) -> int:
        """Epochs in the journal."""
        return len(self.sandbox.events("epoch"))

    def workers(self) -> list[int]:
        """Processes that have trained and still run."""
        logs = (self.sandbox.local_folder / Paths().logs).glob("worker-*.log")
        newest = sorted(logs, key=lambda file: file.stat().st_mtime)
        return [pid for pid in (int(log.stem.split("-")[1]) for log in newest) if _runs(pid)]


def injected(folder: Path) -> Outcome:
    """As a row of the faults' table."""
    return disturbed(sandbox_for(folder, None, SHARE), lambda line: print(line, file=sys.stderr))


def sandbox_for(folder: Path, data: str | None, share: str) -> Sandbox:
    """The sweep for this machine: vgg by shares of its GPU, else a tiny net on the CPU."""
    words: tuple[str, ...] = ("--backend", "jax")
    on_gpu = hardware.has_gpu()
    if on_gpu and share != MEASURED:
        words += ("--gpus-per-trial", share)
    if data:
        words += ("--data", str(Path(data).absolute()))
    cache = os.environ.get("ORCHESTRATOR_CACHE")  # with programs that are compiled already
    return Sandbox(
        folder,
        slots=AT_ONCE if on_gpu else 2,
        words=words,
        environment={"ORCHESTRATOR_CACHE": cache} if cache else {},
        real=str((gpu_question if on_gpu else tiny_sweep).__file__),
    )


def disturbed(sandbox: Sandbox, say: Callable[[str], None]) -> Outcome:
    """Kill a worker, interrupt the driver, resume, end and work up the sweep."""
    check = Check(sandbox, say)
    check.step(f"on {hardware.machine()}: {' '.join(sandbox.command()[2:])}")
    try:
        noticed = _steps(check)
    finally:
        end_all(sandbox.folder)
    check.say("verdict: " + ("; ".join(check.wrong) or "all as it has to be"))
    # Two blows: the worker's hits one trial, the driver's all that are under way.
    return Outcome(
        noticed,
        _trained_again(sandbox),
        tuple(check.wrong),
        injections=1 + sandbox.slots,
        message=sandbox.line("time in all") or sandbox.line("go on with"),
    )


def _steps(check: Check) -> float | None:
    sandbox = check.sandbox
    driver = sandbox.begin()
    sandbox.wait(lambda: check.epochs() > 0 or driver.poll() is not None, PATIENCE_S)
    if driver.poll() is not None:
        check.expect(False, f"the sweep ended before an epoch: {sandbox.stderr.strip()[-500:]}")
        return None
    for words in ("backend:", "precision:", "GPU"):
        if line := sandbox.line(words):
            check.step(line)
    check.step("the first epoch was told")
    sandbox.wait(lambda: len(check.running()) >= sandbox.slots or driver.poll() is not None)
    check.step(f"{len(check.running())} trials at a time, in processes {check.workers()}")
    noticed = _kill_a_worker(check)
    _interrupt(check, driver)
    _resume(check)
    _work_up(check)
    return noticed


def _kill_a_worker(check: Check) -> float | None:
    workers = check.workers()
    check.expect(bool(workers), "no worker runs that could be killed")
    if not workers:
        return None
    killed_at = time.time()
    os.kill(workers[-1], signal.SIGKILL)
    check.step(f"killed worker {workers[-1]}")
    with contextlib.suppress(TimeoutError):
        check.sandbox.wait(
            lambda: check.sandbox.seconds_to_notice(killed_at) is not None, 6 * NOTICED_S
        )
    noticed = check.sandbox.seconds_to_notice(killed_at)
    check.expect(noticed is not None and noticed <= NOTICED_S, f"noticed after {noticed} s")
    check.step(f"its death stands in the journal after {noticed or float('nan'):.1f} s")
    return noticed


def _interrupt(check: Check, driver: "subprocess.Popen[str]") -> None:
    due = check.epochs() + check.sandbox.slots
    check.sandbox.wait(lambda: check.epochs() >= due or driver.poll() is not None, PATIENCE_S)
    check.expect(driver.poll() is None, "the sweep ended before it could be interrupted")
    began = time.monotonic()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(driver.pid, signal.SIGINT)
    check.wrong += wrong_exit(driver.wait(60), INTERRUPTED)
    check.step(
        f"interrupted after {check.epochs()} epochs; it ended in {time.monotonic() - began:.1f} s"
    )
    check.expect("go on with:" in check.sandbox.stderr, "it did not say how to go on")


def _resume(check: Check) -> None:
    code = check.sandbox.run(seconds=PATIENCE_S)
    check.wrong += wrong_exit(code, DONE)
    trials, epochs = check.sandbox.tables()
    again = _trained_again(check.sandbox)
    check.step(
        f"resumed and ended: {len(trials)} trials, {len(epochs)} epochs, {again} trained again"
    )
    check.wrong += inconsistencies(check.sandbox)
    for name, count in trials["status"].value_counts().items():
        check.step(f"  {count} {name}")
    check.expect(bool((trials["status"] != "failed").all()), "a trial failed")
    best = trials.sort_values("validation_accuracy").iloc[-1]
    check.step(f"  best validation accuracy {best['validation_accuracy']:.4f}")
    _say_speed(check)


def _say_speed(check: Check) -> None:
    rows = [event["row"] for event in check.sandbox.events("epoch")]
    rates = sorted(row["images_per_second"] for row in rows if row["epoch"] > 1)
    if rates:
        middle = rates[len(rates) // 2]
        check.step(f"  a trial trained {middle:,.0f} images/s (median of {len(rates)} epochs)")
    table = check.sandbox.store.read_table(Paths().trials, TRIALS).to_pandas()
    check.step(f"  on {'; '.join(table['hardware'].dropna().unique())}")


def _work_up(check: Check) -> None:
    words = [sys.executable, "-m", "jobs.postprocess", str(check.sandbox.local_folder), "--quick"]
    began = time.monotonic()
    done = subprocess.run(
        words,
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        env=check.sandbox.environ(),
    )
    check.step(f"post-processed in {time.monotonic() - began:.1f} s, exit code {done.returncode}")
    if done.returncode != DONE:
        check.wrong.append(f"post-processing: {''.join(done.stderr.strip().splitlines()[-1:])}")
    report = check.sandbox.local_folder / Paths().report
    check.expect(report.is_file(), "there is no report")


def _trained_again(sandbox: Sandbox) -> int:
    """Epochs that stand in the journal with more than one time."""
    trained = defaultdict[tuple[str, int], set[float]](set)
    for event in sandbox.events("epoch"):
        trained[event["trial"], event["row"]["epoch"]].add(event["row"]["seconds"])
    return sum(len(times) - 1 for times in trained.values())


def _runs(pid: int) -> bool:
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False
