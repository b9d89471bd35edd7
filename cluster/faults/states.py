"""Faults of files: what a sweep goes on from is cut short, emptied, taken away or spoiled."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cluster.faults.arena import Arena, differences
from cluster.faults.local import ends
from cluster.faults.observed import Observed
from cluster.faults.rehearsal import Stumble
from orchestrator.sweep import BAD_INPUT, DONE
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
    arena = Arena(folder, trials=16)
    wrong, blows = [], 0
    for damage in DAMAGES.values():
        _stop(arena, Paths().trials)
        _strike(arena, [_Blow(name, damage) for name in (Paths().trials, Paths().epochs)])
        blows += 1
    wrong += ends(arena.run(), DONE)
    wrong += differences(arena)
    for damage in DAMAGES.values():
        _strike(arena, [_Blow(Paths().trials, damage)])
        wrong += ends(arena.run(), DONE)
        wrong += differences(arena)
        blows += 1
    return Observed(None, arena.twice(), tuple(wrong), blows, said=_line(arena, "made again"))


def study_damaged(folder: Path) -> Observed:
    """The driver of a search by TPE is killed, and its study damaged."""
    arena = Arena(folder, trials=16, search="tpe")
    for damage in DAMAGES.values():
        _stop(arena, Paths().study)
        _strike(arena, [_Blow(Paths().study, damage)])
    wrong = ends(arena.run(), DONE)
    said = _line(arena, "was told them again")
    return Observed(
        None, arena.twice(), (*wrong, *differences(arena)), blows=len(DAMAGES), said=said
    )


def journal_half_written(folder: Path) -> Observed:
    """The driver is killed with the last line of its journal half written."""
    arena, blows = Arena(folder), 3
    for _ in range(blows):
        _stop(arena)
        _strike(arena, [_Blow(Paths().journal, _cut_last_line)])
    wrong = ends(arena.run(), DONE)
    return Observed(None, arena.twice(), (*wrong, *differences(arena)), blows)


def _cut_last_line(file: Path) -> None:
    content = file.read_bytes()
    start = content.rstrip(b"\n").rfind(b"\n") + 1
    file.write_bytes(content[: (start + len(content)) // 2])


def journal_cut(folder: Path) -> Observed:
    """Half of the journal is gone; the tables tell of more."""
    arena = Arena(folder)
    _stop(arena, Paths().trials, epochs=30)
    _strike(arena, [_Blow(Paths().journal, cut)])
    wrong = ends(arena.run(), DONE)
    said = _line(arena, "the journal lacks")
    wrong += [] if said else ["nothing was said"]
    return Observed(None, arena.twice(), (*wrong, *differences(arena)), said=said)


def journal_refused(folder: Path) -> Observed:
    """The journal is empty, gone, or spoiled in its middle: nothing is begun anew."""
    return _refused(folder, [[_Blow(Paths().journal, d)] for d in (empty, Path.unlink, spoil)])


def record_refused(folder: Path) -> Observed:
    """`sweep.json` is cut, empty or gone; then it and the journal are gone, the tables are not."""
    both = [_Blow(Paths().sweep, Path.unlink), _Blow(Paths().journal, Path.unlink)]
    return _refused(folder, [*([_Blow(Paths().sweep, d)] for d in DAMAGES.values()), both])


def _refused(folder: Path, damages: Sequence[Sequence[_Blow]]) -> Observed:
    """Each is refused in a sentence and changes nothing; the files put back, the sweep goes on."""
    arena, wrong, said = Arena(folder), list[str](), ""
    _stop(arena, Paths().trials)
    for blows in damages:
        files = {arena.here / blow.name: (arena.here / blow.name).read_bytes() for blow in blows}
        _strike(arena, blows)
        wrong += ends(arena.run(), BAD_INPUT)
        said = arena.said.strip()
        if not said.startswith("error: ") or len(said.splitlines()) > 1:
            wrong.append(f"it said: {said[-300:]}")
        for file, content in files.items():
            file.write_bytes(content)
    wrong += ends(arena.run(), DONE)
    return Observed(
        None, arena.twice(), (*wrong, *differences(arena)), len(damages), said.partition("\n")[0]
    )


def rays_state_damaged(folder: Path) -> Observed:
    """The state that Ray Tune left behind is cut in half, whatever the file: nobody reads it."""
    places = {"TMPDIR": str(folder / "tmp"), "RAY_TMPDIR": "/tmp"}
    (folder / "tmp").mkdir(parents=True)
    arena, found = Arena(folder, environment=places), 0
    for damage in DAMAGES.values():
        _stop(arena)
        left = [file for file in (folder / "tmp").glob("tune-*/**/*") if file.is_file()]
        found += len(left)
        for file in left:
            damage(file)
    wrong = ends(arena.run(), DONE)
    wrong += [] if found else ["Ray had left nothing"]
    return Observed(
        None,
        arena.twice(),
        (*wrong, *differences(arena)),
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
    arena = Arena(folder, stumbles=(Stumble(1, 5, "hang"),))
    driver = arena.begin()
    arena.wait(lambda: arena.stumbled(arena.stumbles[0]) is not None)
    arena.kill(driver)
    (trial,) = (arena.here / Paths().checkpoints).iterdir()
    for epoch, damage in blows:
        damage(trial / f"{epoch:06d}.safetensors")
    wrong = ends(arena.run(), DONE)
    said = _line(arena, "damaged or gone")
    wrong += [] if said else ["nothing was said"]
    return Observed(None, arena.twice(), (*wrong, *differences(arena)), said=said)


def _stop(arena: Arena, file: str = "", epochs: int = 6) -> None:
    """Begin or go on, and kill the driver some epochs later, once a file is there."""
    due = len(arena.events("epoch")) + epochs
    driver = arena.begin()
    arena.wait(
        lambda: len(arena.events("epoch")) >= due and (not file or (arena.here / file).exists())
    )
    arena.kill(driver)


def _strike(arena: Arena, blows: Sequence[_Blow]) -> None:
    for blow in blows:
        blow.damage(arena.here / blow.name)


def _line(arena: Arena, words: str) -> str:
    """The first line of the last driver's that has these words."""
    return next((line for line in arena.said.splitlines() if words in line), "")
