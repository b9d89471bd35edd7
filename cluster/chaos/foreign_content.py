"""Faults of what a sweep goes on with that is not its own: other code, spoiled data, links."""

import json
import os
from pathlib import Path

from cluster.chaos.comparison import outcome
from cluster.chaos.damaged_files import EPOCHS_BEFORE, spoil
from cluster.chaos.outcome import Outcome, wrong_exit
from cluster.chaos.sandbox import Sandbox
from orchestrator.driver.origin import ORIGIN
from orchestrator.process.exit_code import BAD_INPUT, DONE
from results.paths import Paths


def code_changed(folder: Path) -> Outcome:
    """The sweep was begun by other code, as its journal tells: refused, then accepted."""
    sandbox = Sandbox(folder)
    _stop(sandbox)
    journal = sandbox.local_folder / Paths().journal
    first, _, rest = journal.read_text().partition("\n")
    event = json.loads(first)
    event[ORIGIN]["code"] = "0" * 12
    journal.write_text(f"{json.dumps(event)}\n{rest}")
    wrong, message = _refused(sandbox, "--accept-changed-code")
    wrong += wrong_exit(sandbox.run("--accept-changed-code"), DONE)
    wrong += [] if sandbox.line("tells whose numbers are whose") else ["nothing was said"]
    return outcome(sandbox, wrong, message=message)


def cache_damaged(folder: Path) -> Outcome:
    """Pixels in the cache are turned over, size and time kept: the entry is made again."""
    cache = folder / "cache"
    sandbox = Sandbox(folder, environment={"ORCHESTRATOR_CACHE": str(cache)})
    _stop(sandbox)
    files = sorted(cache.glob("*/training.*.npy"))
    before = [file.read_bytes() for file in files]
    for file in files:
        times = file.stat()
        spoil(file)
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    wrong = wrong_exit(sandbox.run(), DONE)
    wrong += [] if files else ["there was nothing to spoil"]
    wrong += [] if [file.read_bytes() for file in files] == before else ["it stayed spoiled"]
    return outcome(sandbox, wrong, injections=len(files))


def links_planted(folder: Path) -> Outcome:
    """Links in the places of files that are written, and of one that is read: none is followed."""
    sandbox, wrong, message = Sandbox(folder), list[str](), ""
    _stop(sandbox)
    victim = folder / "victim"
    victim.write_text("precious")
    names = (f"{Paths().journal}.lock", f"{Paths().logs}/driver.log", f"{Paths().images}/a.png")
    for name in names:
        place = sandbox.local_folder / name
        kept = place.read_bytes() if place.exists() else None
        place.unlink(missing_ok=True)
        place.parent.mkdir(exist_ok=True)
        place.symlink_to(victim)
        problems, message = _refused(sandbox, f"{name} is a link")
        wrong += problems
        place.unlink()
        if kept is not None:
            place.write_bytes(kept)
    wrong += wrong_exit(sandbox.run(), DONE)
    wrong += [] if victim.read_text() == "precious" else ["a link was followed"]
    return outcome(sandbox, wrong, injections=len(names), message=message)


def _stop(sandbox: Sandbox) -> None:
    driver = sandbox.begin()
    sandbox.wait(lambda: len(sandbox.events("epoch")) >= EPOCHS_BEFORE)
    sandbox.kill(driver)


def _refused(sandbox: Sandbox, words: str) -> tuple[list[str], str]:
    """Run, and see that it is refused in one sentence with these words; gives that too."""
    wrong = wrong_exit(sandbox.run(), BAD_INPUT)
    last = sandbox.stderr.strip().rpartition("\n")[2]
    if not last.startswith("error: ") or words not in last:
        wrong.append(f"it said: {last[-300:]}")
    return wrong, last
