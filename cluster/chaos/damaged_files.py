"""Faults of files: what a sweep goes on from is cut short, emptied, taken away or spoiled."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cluster.chaos.fake_training import Stumble
from cluster.chaos.outcome import Observed
from cluster.chaos.processes import ends
from cluster.chaos.sandbox import Sandbox, differences
from orchestrator.process.exit_code import BAD_INPUT, DONE
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


DAMAGES: dict[str, Callable[[Path], None]] = {"cut": cut, "empty": empty, "gone": Path.unlink}
"""What may befall any file."""


@dataclass(frozen=True)
class _Blow:
    """A file of the sweep and what is done to it while no driver runs."""

    name: str
    damage: Callable[[Path], None]


def tables_damaged(folder: Path) -> Observed:
    """The driver is killed, its tables are damaged, thrice; then once more, of the ended sweep."""
    sandbox = Sandbox(folder, trials=16)
    wrong, blows = [], 0
    for damage in DAMAGES.values():
        _stop(sandbox, Paths().trials)
        _strike(sandbox, [_Blow(name, damage) for name in (Paths().trials, Paths().epochs)])
        blows += 1
    wrong += ends(sandbox.run(), DONE)
    wrong += differences(sandbox)
    for damage in DAMAGES.values():
        _strike(sandbox, [_Blow(Paths().trials, damage)])
        wrong += ends(sandbox.run(), DONE)
        wrong += differences(sandbox)
        blows += 1
    return Observed(None, sandbox.twice(), tuple(wrong), blows, said=_line(sandbox, "made again"))


def study_damaged(folder: Path) -> Observed:
    """The driver of a search by TPE is killed, and its study damaged."""
    sandbox = Sandbox(folder, trials=16, search="tpe")
    for damage in DAMAGES.values():
        _stop(sandbox, Paths().study)
        _strike(sandbox, [_Blow(Paths().study, damage)])
    wrong = ends(sandbox.run(), DONE)
    said = _line(sandbox, "was told them again")
    return Observed(
        None, sandbox.twice(), (*wrong, *differences(sandbox)), blows=len(DAMAGES), said=said
    )


def journal_half_written(folder: Path) -> Observed:
    """The driver is killed with the last line of its journal half written."""
    sandbox, blows = Sandbox(folder), 3
    for _ in range(blows):
        _stop(sandbox)
        _strike(sandbox, [_Blow(Paths().journal, _cut_last_line)])
    wrong = ends(sandbox.run(), DONE)
    return Observed(None, sandbox.twice(), (*wrong, *differences(sandbox)), blows)


def _cut_last_line(file: Path) -> None:
    content = file.read_bytes()
    start = content.rstrip(b"\n").rfind(b"\n") + 1
    file.write_bytes(content[: (start + len(content)) // 2])


def journal_cut(folder: Path) -> Observed:
    """Half of the journal is gone; the tables tell of more."""
    sandbox = Sandbox(folder)
    _stop(sandbox, Paths().trials, epochs=30)
    _strike(sandbox, [_Blow(Paths().journal, cut)])
    wrong = ends(sandbox.run(), DONE)
    said = _line(sandbox, "the journal lacks")
    wrong += [] if said else ["nothing was said"]
    return Observed(None, sandbox.twice(), (*wrong, *differences(sandbox)), said=said)


def journal_refused(folder: Path) -> Observed:
    """The journal is empty, gone, or spoiled in its middle: nothing is begun anew."""
    return _refused(folder, [[_Blow(Paths().journal, d)] for d in (empty, Path.unlink, spoil)])


def record_refused(folder: Path) -> Observed:
    """`sweep.json` is cut, empty or gone; then it and the journal are gone, the tables are not."""
    both = [_Blow(Paths().sweep, Path.unlink), _Blow(Paths().journal, Path.unlink)]
    return _refused(folder, [*([_Blow(Paths().sweep, d)] for d in DAMAGES.values()), both])


def _refused(folder: Path, damages: Sequence[Sequence[_Blow]]) -> Observed:
    """Each is refused in a sentence and changes nothing; the files put back, the sweep goes on."""
    sandbox, wrong, said = Sandbox(folder), list[str](), ""
    _stop(sandbox, Paths().trials)
    for blows in damages:
        files = {
            sandbox.here / blow.name: (sandbox.here / blow.name).read_bytes() for blow in blows
        }
        _strike(sandbox, blows)
        wrong += ends(sandbox.run(), BAD_INPUT)
        said = sandbox.said.strip()
        if not said.startswith("error: ") or len(said.splitlines()) > 1:
            wrong.append(f"it said: {said[-300:]}")
        for file, content in files.items():
            file.write_bytes(content)
    wrong += ends(sandbox.run(), DONE)
    return Observed(
        None,
        sandbox.twice(),
        (*wrong, *differences(sandbox)),
        len(damages),
        said.partition("\n")[0],
    )


def rays_state_damaged(folder: Path) -> Observed:
    """The state that Ray Tune left behind is cut in half, whatever the file: nobody reads it."""
    places = {"TMPDIR": str(folder / "tmp"), "RAY_TMPDIR": "/tmp"}
    (folder / "tmp").mkdir(parents=True)
    sandbox, found = Sandbox(folder, environment=places), 0
    for damage in DAMAGES.values():
        _stop(sandbox)
        left = [file for file in (folder / "tmp").glob("tune-*/**/*") if file.is_file()]
        found += len(left)
        for file in left:
            damage(file)
    wrong = ends(sandbox.run(), DONE)
    wrong += [] if found else ["Ray had left nothing"]
    return Observed(
        None,
        sandbox.twice(),
        (*wrong, *differences(sandbox)),
        blows=len(DAMAGES),
        said=f"{found} files damaged, none was read",
    )


def checkpoint_damaged(folder: Path) -> Observed:
    """A trial's last state is damaged: it goes on from the one before."""
    return _without_states(folder, ((4, cut),))


def checkpoints_damaged(folder: Path) -> Observed:
    """Both states of a trial are damaged: it begins again, and that is said."""
    return _without_states(folder, ((4, empty), (3, spoil)))


def _without_states(folder: Path, blows: Sequence[tuple[int, Callable[[Path], None]]]) -> Observed:
    sandbox = Sandbox(folder, stumbles=(Stumble(1, 5, "hang"),))
    driver = sandbox.begin()
    sandbox.wait(lambda: sandbox.stumbled(sandbox.stumbles[0]) is not None)
    sandbox.kill(driver)
    (trial,) = (sandbox.here / Paths().checkpoints).iterdir()
    for epoch, damage in blows:
        damage(trial / f"{epoch:06d}.safetensors")
    wrong = ends(sandbox.run(), DONE)
    said = _line(sandbox, "damaged or gone")
    wrong += [] if said else ["nothing was said"]
    return Observed(None, sandbox.twice(), (*wrong, *differences(sandbox)), said=said)


def _stop(sandbox: Sandbox, file: str = "", epochs: int = 6) -> None:
    """Begin or go on, and kill the driver some epochs later, once a file is there."""
    due = len(sandbox.events("epoch")) + epochs
    driver = sandbox.begin()
    sandbox.wait(
        lambda: len(sandbox.events("epoch")) >= due and (not file or (sandbox.here / file).exists())
    )
    sandbox.kill(driver)


def _strike(sandbox: Sandbox, blows: Sequence[_Blow]) -> None:
    for blow in blows:
        blow.damage(sandbox.here / blow.name)


def _line(sandbox: Sandbox, words: str) -> str:
    """The first line of the last driver's that has these words."""
    return next((line for line in sandbox.said.splitlines() if words in line), "")
