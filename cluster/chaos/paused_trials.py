"""Faults while trials wait at a rung: a state on the disk is all that is left of them."""

from pathlib import Path

from cluster.chaos.comparison import differences, outcome
from cluster.chaos.damaged_files import cut, spoil
from cluster.chaos.fake_training import TrialFault
from cluster.chaos.outcome import Outcome, wrong_exit
from cluster.chaos.sandbox import Sandbox
from orchestrator.process.exit_code import DONE
from results.paths import Paths

MOMENTS = (3, 9, 12)
"""How many trials wait, or have waited, when the driver is killed: of 12 the last one waits too."""


def driver_killed(folder: Path) -> Outcome:
    """The driver is killed while three, nine and all twelve trials wait."""
    sandbox = Sandbox(folder, scheduler="halving")
    for waiting in MOMENTS:
        _stop_while_waiting(sandbox, waiting)
    wrong = wrong_exit(sandbox.run(), DONE)
    wrong += _none_waits(sandbox)
    return outcome(sandbox, wrong, injections=len(MOMENTS))


def last_state_damaged(folder: Path) -> Outcome:
    """Of every trial that waits the only state is damaged, or gone: those who go on begin again."""
    sandbox = Sandbox(folder, scheduler="halving")
    _stop_while_waiting(sandbox, 9)
    states = sorted((sandbox.local_folder / Paths().checkpoints).glob("*/*.safetensors"))
    wrong = [] if len(states) >= 9 else [f"{len(states)} states were there, not 9"]
    for number, state in enumerate(states):
        (cut, spoil, Path.unlink)[number % 3](state)
    wrong += wrong_exit(sandbox.run(), DONE)
    wrong += _none_waits(sandbox)
    return outcome(sandbox, wrong)


def process_killed_as_one_goes_on(folder: Path) -> Outcome:
    """Processes are killed at the epoch after a rung, which another process had reached."""
    faults = tuple(TrialFault(seed, 2, "die") for seed in range(12))
    sandbox = Sandbox(folder, trial_faults=faults, scheduler="halving")
    wrong = wrong_exit(sandbox.run(), DONE)
    hit = sum(sandbox.injected_at(fault) is not None for fault in faults)
    wrong += [] if hit >= 3 else [f"{hit} were hit, not those that go on"]
    return outcome(sandbox, wrong, injections=max(1, hit))


def warm_driver_killed(folder: Path) -> Outcome:
    """A sweep whose rivals are an earlier one's trials is killed while three, six, nine wait."""
    left_alone, hit = (_warm_sandbox(folder / name) for name in ("alone", "hit"))
    wrong = wrong_exit(left_alone.run(), DONE)
    for waiting in (3, 6, 9):
        _stop_while_waiting(hit, waiting)
    wrong += wrong_exit(hit.run(), DONE)
    wrong += _none_waits(hit)
    (event,) = hit.events("earlier")
    wrong += [] if len(event["trials"]) == 6 and event["first"] else [f"no rivals: {event}"]
    wrong += differences(hit, left_alone)
    return Outcome(None, hit.repeated_epochs(), tuple(wrong), 3)


def _warm_sandbox(folder: Path) -> Sandbox:
    """Six trials have ended in an earlier sweep, under another name; twelve others are to come."""
    six = Sandbox(folder, trials=6, search="random", scheduler="halving")
    if code := six.run("--seed", "1"):
        message = f"the earlier sweep ended with {code}: {six.stderr}"
        raise RuntimeError(message)
    six.local_folder.rename(six.local_folder.with_name("earlier"))
    six.trace.rename(folder / "earlier trace")  # its epochs are no repetitions
    return Sandbox(folder, search="random", scheduler="halving", words=("--warm-start",))


def _stop_while_waiting(sandbox: Sandbox, waiting: int) -> None:
    driver = sandbox.begin()
    sandbox.wait(lambda: len(sandbox.events("paused")) >= waiting)
    sandbox.kill(driver)


def _none_waits(sandbox: Sandbox) -> list[str]:
    trials, _ = sandbox.tables()
    return [f"trial {n} still waits" for n in trials.loc[trials["status"] == "paused", "trial"]]
