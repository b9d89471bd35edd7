"""How the results came about: commands, versions, machines, data."""

from typing import Any

import pandas as pd

from analysis import wording
from analysis.explain.methods.names import TITLES
from analysis.report.page_blocks import Block, Facts, Folded, Part, Section, Text
from analysis.report.sections.stopping import stopping
from analysis.report.sweep_contents import SweepContents, mapping
from results.varied import heading

_IN_WORDS = (
    *("space", "data", "search", "seed"),
    *("grace_epochs", "reduction_factor", "early_stopping", "scheduler", "rungs_by", "finalists"),
)
"""Parts of a sweep's identity that have facts of their own, in words."""

SEARCHES = {
    "tpe": "TPE (Optuna): later configurations are drawn where earlier ones did well",
    "random": "random: configurations are drawn whatever earlier ones came to",
    "grid": "grid: every combination, in order",
}
"""Search of a question -> in words; a test holds it against those that there are."""

NO_SWEEP = "sweep.json is missing: nothing is known of it."
NOT_MADE = "Post-processing has left no record; python -m jobs.postprocess RESULTS/NAME leaves one."


def run_record_section(contents: SweepContents) -> Section:
    """Commands, versions, machines, data."""
    parts = [
        Part(
            "The sweep",
            _facts(_sweep(contents), NO_SWEEP, ("Versions and machine", _machine(contents))),
        ),
        Part("The data", _facts(_data(contents), "sweep.json does not say which data it was.")),
        Part(
            "Post-processing",
            _facts(_post(contents), NOT_MADE, ("How it was asked for", _request(contents))),
        ),
    ]
    return Section("obtained", "How it was obtained", tuple(parts))


Pairs = list[tuple[str, Any]]
"""A term and what is on record of it; nothing is shown where that is nothing."""


def _facts(pairs: Pairs, absent: str, more: tuple[str, Pairs] = ("", [])) -> tuple[Block, ...]:
    """Facts, and further ones folded under a title; a sentence where none is on record."""
    first, rest = _recorded(pairs), _recorded(more[1])
    if not (first.pairs or rest.pairs):
        return (Text(absent, "absent"),)
    return (first, *((Folded(more[0], (rest,)),) if rest.pairs else ()))


def _recorded(pairs: Pairs) -> Facts:
    there = ((name, _cell(value)) for name, value in pairs if value not in (None, "", [], {}))
    return Facts(tuple(there), frozenset(("command", "commit", "digest")))


def _cell(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _sweep(contents: SweepContents) -> Pairs:
    sweep = contents.sweep
    identity = mapping(sweep.get("identity"))
    space = mapping(identity.get("space"))
    return [
        ("name", sweep.get("name")),
        ("command", sweep.get("command")),
        ("started", wording.moment(sweep.get("started"))),
        ("time of its trials", trial_time(contents.table("trials"))),
        ("extended", _extensions(sweep)),
        ("warm start", _warm_start(mapping(sweep.get("warm_start")))),
        ("trials asked for", sweep.get("trials")),
        ("stopping", stopping(sweep, identity)),
        ("search", SEARCHES.get(str(identity.get("search")), identity.get("search"))),
        ("seed of the search", identity.get("seed")),
        *((name.replace("_", " "), v) for name, v in identity.items() if name not in _IN_WORDS),
        ("tried", _settings(space, varied=True)),
        ("the same in all", _settings(space, varied=False)),
    ]


def _machine(contents: SweepContents) -> Pairs:
    """What the sweep was computed by and on."""
    sweep = contents.sweep
    packages = mapping(sweep.get("packages"))
    return [
        ("commit", sweep.get("commit")),
        ("code that computes", _by_trials(contents, "code", sweep.get("code"))),
        ("hardware", sweep.get("hardware")),
        ("CPU threads", _by_trials(contents, "threads", None)),
        ("backend", _backend(sweep)),
        ("precision", sweep.get("precision")),
        ("Python", sweep.get("python")),
        ("packages", ", ".join(f"{name} {version}" for name, version in packages.items())),
    ]


SEVERAL, RANGE = " | ", " .. "
"""What stands between values, and between the ends of a range, in a recorded space."""


def _settings(space: dict[str, Any], varied: bool) -> str:
    """Settings with the values that were to be tried, or those with the one that all had."""
    texts = {name: str(value) for name, value in space.items()}
    return "; ".join(
        f"{heading(name)} {text.replace(SEVERAL, ', ').replace(RANGE, ' to ')}"
        for name, text in texts.items()
        if varied == (SEVERAL in text or RANGE in text or name.startswith("configuration "))
    )


def _list(value: Any) -> str | None:
    return wording.joined(value) if value else None


def _extensions(sweep: dict[str, Any]) -> str:
    """What the sweep was asked for besides, each time: "2026-11-28: epochs from 2 to 4"."""
    extended = sweep.get("extended")
    texts = []
    for each in map(mapping, extended if isinstance(extended, list) else ()):
        changes = each.get("changes")
        made = [mapping(change) for change in changes] if isinstance(changes, list) else []
        words = (f"{c.get('what')} from {c.get('before')} to {c.get('now')}" for c in made)
        texts.append(f"{str(each.get('at'))[:10]}: {', '.join(words)}")
    return "; ".join(texts)


def _warm_start(earlier: dict[str, Any]) -> str:
    """What the sweep took from earlier ones: "trials of a, b: 12 rivals at rungs, ..."."""
    sweeps = earlier.get("sweeps")
    if not earlier:
        return ""
    if not isinstance(sweeps, list) or not sweeps:
        return "asked for; there were no earlier trials of the same data"
    trials, first = earlier.get("trials"), earlier.get("first")
    names = wording.joined([str(name) for name in sweeps])
    return f"trials of {names}: {trials} rivals at rungs, {first} configurations tried first"


def _by_trials(contents: SweepContents, column: str, began: str | None) -> str | None:
    """What trials have in a column of how they came about; with more than one value, of how many.

    Args:
        contents: of the sweep.
        column: of its table of trials.
        began: what `sweep.json` says; used where no trial says anything.
    """
    counts = contents.table("trials")[column].dropna().value_counts()
    values = [f"{value:g}" if isinstance(value, float) else str(value) for value in counts.index]
    if len(values) < 2:
        return values[0] if values else began
    return ", ".join(f"{value} ({n} trials)" for value, n in zip(values, counts, strict=True))


def trial_time(trials: pd.DataFrame) -> str:
    """What all trials took in their epochs, and before these; "" where none has one.

    Reused ones are left out: they took their time in another sweep.
    """
    own = trials[(trials["status"] != "reused") & trials["seconds"].notna()]
    if own.empty:
        return ""
    starts = own["start_seconds"].dropna()
    n = len(own)
    epochs = f"{wording.duration(own['seconds'].sum())} in epochs"
    before = f", {wording.duration(starts.sum())} before their first ones" if len(starts) else ""
    some = f" (known of {wording.count(len(starts))})" if 0 < len(starts) < n else ""
    return f"{epochs}{before}{some}, {wording.count(n)} trial{'' if n == 1 else 's'} together"


def _backend(sweep: dict[str, Any]) -> str | None:
    """What computed, and why that."""
    backend, reason = sweep.get("backend"), sweep.get("backend_reason")
    return f"{backend} ({reason})" if backend and reason else backend


def _data(contents: SweepContents) -> Pairs:
    data = contents.data
    images = mapping(data.get("images"))
    return [
        ("source", data.get("path")),
        ("digest", data.get("digest")),
        ("images", ", ".join(f"{wording.count(n)} {split}" for split, n in images.items())),
        ("classes", _list(data.get("classes"))),
        ("test images also in training", data.get("test_images_also_in_training")),
    ]


def _post(contents: SweepContents) -> Pairs:
    post = contents.post
    return [
        ("took", wording.duration(post["seconds"]) if "seconds" in post else None),
        ("of which", _stages(mapping(post.get("stages")))),
        ("judged on", f"the {post['split']} split" if post.get("split") else None),
        ("methods", _methods(post.get("methods"))),
        ("speed", _speed(mapping(post.get("speed")))),
    ]


def _request(contents: SweepContents) -> Pairs:
    """What post-processing was asked for, and where."""
    post = contents.post
    return [
        ("command", post.get("command")),
        ("commit", post.get("commit")),
        ("started", wording.moment(post.get("started"))),
        ("hardware of the driver", post.get("hardware")),
        ("workers", post.get("workers")),
        ("backend of the workers", post.get("backend")),
        ("members at most", post.get("members_asked")),
        ("images explained", post.get("explain")),
        ("mirrored images", "averaged in" if post.get("flip") is True else None),
    ]


def _methods(names: Any) -> str | None:
    return _list([TITLES.get(str(name), str(name)) for name in names] if names else None)


def _stages(stages: dict[str, Any]) -> str:
    """Each stage with its time; those of less than a second together."""
    seconds = {title: s for title, s in stages.items() if isinstance(s, int | float)}
    long = [f"{title} {wording.duration(s)}" for title, s in seconds.items() if s >= SHORT]
    short = [s for s in seconds.values() if s < SHORT]
    rest = [f"{len(short)} others {wording.duration(sum(short))}"] if short else []
    return ", ".join(long + rest)


SHORT = 1.0
"""Seconds; shorter stages are summed up."""

SPEEDS = {
    "gradcam": "with Grad-CAM",
    "all_classes": "with Grad-CAM of every class",
    "family": "with Grad-CAM, Grad-CAM++, HiResCAM and LayerCAM",
}
"""What was timed beside prediction -> how the page calls it; fields of `ExplanationCost`."""

ALONE = "leading member, one thread"


def _speed(speed: dict[str, Any]) -> str:
    plain = speed.get("prediction")
    if not isinstance(plain, (int, float)):
        return ""
    ratios = []
    for name, title in SPEEDS.items():
        if isinstance(ratio := speed.get(f"{name}_ratio"), (int, float)):
            ratios.append(f"{title} {ratio:.2f} times the time")
    where = f"leading member; {speed['device']}" if speed.get("device") else ALONE
    times = f"; {', '.join(ratios)}" if ratios else ""
    return f"{wording.count(plain)} images/s predicted{times} ({where})"
