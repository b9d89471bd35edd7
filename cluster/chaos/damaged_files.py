"""Faults of files: what a sweep goes on from is cut short, emptied, taken away or spoiled."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cluster.chaos.comparison import differences, outcome
from cluster.chaos.fake_training import TrialFault
from cluster.chaos.outcome import Outcome, wrong_exit
from cluster.chaos.sandbox import Sandbox
from orchestrator.process.exit_code import BAD_INPUT, DONE
from orchestrator.training.storing.checkpoint import OWNER
from results.paths import Paths


def cut(file: Path) -> None:
    """Leave half of it."""
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def empty(file: Path) -> None:
    """Leave nothing of it but its name."""
    file.write_bytes(b"")


def spoil(file: Path) -> None:
    """Turn a few bytes in its middle over."""
    content = bytearray(file.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 9] = (255 - byte for byte in content[middle : middle + 9])
    file.write_bytes(content)


EPOCHS_BEFORE = 6
"""Epochs that are done between two kills of the driver."""

Damage = Callable[[Path], None]
DAMAGES: dict[str, Damage] = {"cut": cut, "empty": empty, "gone": Path.unlink}
"""What may befall any file."""


def tables_damaged(folder: Path) -> Outcome:
    """The driver is killed, its tables are damaged, thrice; then once more, of the ended sweep."""
    sandbox, wrong = Sandbox(folder, trials=16), list[str]()
    for damage in DAMAGES.values():
        _stop(sandbox, Paths().trials)
        _inflict(sandbox, {Paths().trials: damage, Paths().epochs: damage})
    wrong += wrong_exit(sandbox.run(), DONE)
    wrong += differences(sandbox)
    for damage in DAMAGES.values():
        _inflict(sandbox, {Paths().trials: damage})
        wrong += wrong_exit(sandbox.run(), DONE)
        wrong += differences(sandbox)
    message, lost = sandbox.line("made again"), sandbox.repeated_epochs()
    return Outcome(None, lost, tuple(wrong), injections=2 * len(DAMAGES), message=message)


def study_damaged(folder: Path) -> Outcome:
    """The driver of a search by TPE is killed, and its study damaged."""
    sandbox = Sandbox(folder, trials=16, search="tpe")
    for damage in DAMAGES.values():
        _stop(sandbox, Paths().study)
        _inflict(sandbox, {Paths().study: damage})
    wrong = wrong_exit(sandbox.run(), DONE)
    message = sandbox.line("was told them again")
    return outcome(sandbox, wrong, injections=len(DAMAGES), message=message)


def journal_half_written(folder: Path) -> Outcome:
    """The driver is killed with the last line of its journal half written."""
    sandbox, times = Sandbox(folder), 3
    for _ in range(times):
        _stop(sandbox)
        _inflict(sandbox, {Paths().journal: _cut_last_line})
    return outcome(sandbox, wrong_exit(sandbox.run(), DONE), injections=times)


def _cut_last_line(file: Path) -> None:
    content = file.read_bytes()
    start = content.rstrip(b"\n").rfind(b"\n") + 1
    file.write_bytes(content[: (start + len(content)) // 2])


def journal_cut(folder: Path) -> Outcome:
    """Half of the journal is gone; the tables tell of more."""
    sandbox = Sandbox(folder)
    tables = [sandbox.local_folder / name for name in (Paths().trials, Paths().epochs)]
    driver = sandbox.begin()
    # Not by the journal: tables are written every few seconds, and may have less than its half.
    sandbox.wait(lambda: all(t.exists() for t in tables) and len(sandbox.tables()[1]) >= 30)
    sandbox.kill(driver)
    _inflict(sandbox, {Paths().journal: cut})
    return _ended_with_a_message(sandbox, "the journal lacks")


def journal_refused(folder: Path) -> Outcome:
    """The journal is empty, gone, or spoiled in its middle: nothing is begun anew."""
    return _refused(folder, [{Paths().journal: d} for d in (empty, Path.unlink, spoil)])


def record_refused(folder: Path) -> Outcome:
    """`sweep.json` is cut, empty or gone; then it and the journal are gone, the tables are not."""
    both = {Paths().sweep: Path.unlink, Paths().journal: Path.unlink}
    return _refused(folder, [*({Paths().sweep: d} for d in DAMAGES.values()), both])


def _refused(folder: Path, damages: Sequence[Mapping[str, Damage]]) -> Outcome:
    """Each is refused in a sentence and changes nothing; the files put back, the sweep goes on."""
    sandbox, wrong, message = Sandbox(folder), list[str](), ""
    _stop(sandbox, Paths().trials)
    for damage in damages:
        files = [sandbox.local_folder / name for name in damage]
        contents = [file.read_bytes() for file in files]
        _inflict(sandbox, damage)
        wrong += wrong_exit(sandbox.run(), BAD_INPUT)
        message = sandbox.stderr.strip()
        if not message.startswith("error: ") or len(message.splitlines()) > 1:
            wrong.append(f"it said: {message[-300:]}")
        for file, content in zip(files, contents, strict=True):
            file.write_bytes(content)
    wrong += wrong_exit(sandbox.run(), DONE)
    message = message.partition("\n")[0]
    return outcome(sandbox, wrong, injections=len(damages), message=message)


def rays_state_damaged(folder: Path) -> Outcome:
    """The state that Ray Tune left behind is cut in half, whatever the file: nobody reads it."""
    places = {"TMPDIR": str(folder / "tmp"), "RAY_TMPDIR": "/tmp"}
    (folder / "tmp").mkdir(parents=True)
    sandbox, damaged = Sandbox(folder, environment=places), 0
    for damage in DAMAGES.values():
        _stop(sandbox)
        files = [file for file in (folder / "tmp").glob("tune-*/**/*") if file.is_file()]
        damaged += len(files)
        for file in files:
            damage(file)
    wrong = wrong_exit(sandbox.run(), DONE)
    wrong += [] if damaged else ["Ray had left nothing"]
    message = f"{damaged} files damaged, none was read"
    return outcome(sandbox, wrong, injections=len(DAMAGES), message=message)


def checkpoint_damaged(folder: Path) -> Outcome:
    """A trial's last state is damaged: it goes on from the one before."""
    return _without_states(folder, {4: cut})


def checkpoints_damaged(folder: Path) -> Outcome:
    """Both states of a trial are damaged: it begins again, and that is said."""
    return _without_states(folder, {4: empty, 3: spoil})


def _without_states(folder: Path, damages: Mapping[int, Damage]) -> Outcome:
    sandbox = Sandbox(folder, trial_faults=(TrialFault(1, 5, "hang"),))
    driver = sandbox.begin()
    sandbox.wait(lambda: sandbox.injected_at(sandbox.trial_faults[0]) is not None)
    sandbox.kill(driver)
    # Others that are there have ended: a longer trial could go on from them.
    (owner,) = (sandbox.local_folder / Paths().checkpoints).glob(f"*/{OWNER}")
    for epoch, damage in damages.items():
        damage(owner.parent / f"{epoch:06d}.safetensors")
    return _ended_with_a_message(sandbox, "it goes on from its state")


def _ended_with_a_message(sandbox: Sandbox, words: str) -> Outcome:
    wrong = wrong_exit(sandbox.run(), DONE)
    message = sandbox.line(words)
    wrong += [] if message else ["nothing was said"]
    return outcome(sandbox, wrong, message=message)


def _stop(sandbox: Sandbox, file: str = "") -> None:
    """Begin or go on, and kill the driver some epochs later, once a file is there."""
    due = len(sandbox.events("epoch")) + EPOCHS_BEFORE
    needed = sandbox.local_folder / file
    driver = sandbox.begin()
    sandbox.wait(lambda: len(sandbox.events("epoch")) >= due and needed.exists())
    sandbox.kill(driver)


def _inflict(sandbox: Sandbox, damages: Mapping[str, Damage]) -> None:
    """Damage files of the sweep while no driver runs."""
    for name, damage in damages.items():
        damage(sandbox.local_folder / name)
