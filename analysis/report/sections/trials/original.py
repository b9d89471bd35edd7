"""The experiment that a sweep repeats: what was reported, ours beside it, and how far that goes."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from analysis import wording
from analysis.originals.beside import Entry, entries, original_of
from analysis.originals.reported import FER2013_TRAINING, Original
from analysis.report.page_blocks import Block, Part, Section, Table, Text
from analysis.report.sweep_contents import SweepContents, mapping
from results.varied import value_text

HEADS = (
    "whose",
    "net or run",
    "stopped after epoch",
    "loss there (nats)",
    "learning rate there",
    "binary accuracy there",
    "accuracy there",
    "accuracy, best epoch",
    "verdict",
    "images",
)
WORDS = frozenset(("whose", "net or run", "verdict", "images"))

DRAWN = (
    "This sweep was trained on drawn faces: it tries the experiment out, and nothing of it can be "
    "held against figures on photographs. With --data PATH of FER2013 the two stand side by side "
    "here."
)

DECODED = (
    "Their \N{LEFT DOUBLE QUOTATION MARK}accuracy\N{RIGHT DOUBLE QUOTATION MARK} is binary "
    "accuracy: seven outputs, each held against 0.5 by itself, which gives 0.857 to a net that is "
    "never sure. What it means over seven classes, marked \N{ALMOST EQUAL TO}, is read off trials "
    "of ours with the same loss (python -m analysis.decode)."
)

SCRATCH = (
    "VGG16 was trained from scratch here: ImageNet's weights were not in the Keras cache. What the "
    "original gained by transfer is therefore not in ours."
)


def original_section(contents: SweepContents) -> tuple[Section, ...]:
    """Nothing for a question that nobody asked before us."""
    named = original_of(contents.sweep)
    if named is None:
        return ()
    name, original = named
    blocks: list[Block] = [Text(f"This sweep repeats an experiment of others: {original.source}.")]
    if contents.data.get("embedded") is not None:
        return (_section((*blocks, Text(DRAWN, "warning"))),)
    trials, epochs = contents.table("trials"), contents.table("epochs")
    made = entries(original, trials, epochs, contents.table("scores"))
    blocks += [Text(text) for text in _limits(original, trials, contents)]
    blocks.append(_table(name, made))
    if any(entry.decoded for entry in made):
        blocks.append(Text(DECODED, "note"))
    return (_section(tuple(blocks)),)


def _section(blocks: tuple[Block, ...]) -> Section:
    return Section("original", "Beside the original", (Part("", blocks),))


def _limits(original: Original, trials: pd.DataFrame, contents: SweepContents) -> Iterator[str]:
    """What epochs and images ours had, so that nobody takes it for the whole experiment."""
    yield f"{_epochs(original, trials)} {_images(original, trials, contents.data)}"
    if changed := _changed(contents.sweep):
        yield f"Settings that the command line put in place of the experiment's: {changed}."
    scratch = trials[(trials["architecture"] == "vgg16") & (trials["weights"] == "none")]
    if len(scratch):
        yield SCRATCH


def _changed(record: Mapping[str, Any]) -> str:
    """What was asked otherwise than the named sweep has it, the epochs aside."""
    settings = mapping(mapping(record.get("overrides")).get("settings"))
    named = {key: value_text(value) for key, value in settings.items() if key not in ASIDE}
    return wording.enumeration([f"{key}={value}" for key, value in named.items()])


ASIDE = ("epochs", "seed")
"""Said elsewhere, or no other experiment."""


def _epochs(original: Original, trials: pd.DataFrame) -> str:
    planned, trained = trials["epochs"].max(), trials["epochs_trained"].max()
    if pd.isna(planned) or pd.isna(trained):
        return "No trial of ours has begun."
    ours = (
        f"{wording.count(planned)} epochs were asked for, {wording.count(trained)} at most trained"
    )
    stopped = [figure.epochs for figure in original.figures if figure.epochs]
    theirs = original.epochs or max(stopped, default=None)
    if theirs is None:
        return f"Ours: {ours}; how many theirs had is not known."
    short = "" if planned >= theirs else "This is not the whole experiment. "
    what = "asked for" if original.epochs else "trained"
    return f"{short}Ours: {ours}; theirs: {wording.count(theirs)} {what}."


def _images(original: Original, trials: pd.DataFrame, data: Mapping[str, Any]) -> str:
    counts = mapping(data.get("images"))
    training, n = counts.get("training"), trials["validation_n"].max()
    used = f"Ours learned from {wording.count(training)} images"
    if training is not None and int(training) < FER2013_TRAINING:
        used += f" (FER2013's Training has {wording.count(FER2013_TRAINING)})"
    return (
        f"{used} and are measured on {wording.count(n)} validation images, on which their epochs "
        f"were chosen too; theirs are about {original.split}."
    )


def _table(name: str, made: list[Entry]) -> Table:
    theirs = frozenset(i for i, entry in enumerate(made) if entry.theirs)
    trials = tuple(entry.trial for entry in made)
    caption = f"What was reported (marked), and this sweep's for it: {name.replace('_', ' ')}"
    return Table(caption, HEADS, tuple(map(_cells, made)), WORDS, theirs, trials=trials)


def _cells(entry: Entry) -> tuple[str, ...]:
    return (
        "theirs" if entry.theirs else "ours",
        entry.what,
        wording.count(entry.epochs),
        wording.share(entry.loss, 4),
        wording.short(entry.learning_rate),
        wording.share(entry.binary, 4),
        _accuracy(entry),
        wording.share(entry.best, 4),
        entry.verdict or wording.NONE,
        entry.split,
    )


def _accuracy(entry: Entry) -> str:
    if entry.decoded is None:
        return wording.share(entry.accuracy, 4)
    m = entry.decoded
    return (
        f"\N{ALMOST EQUAL TO} {wording.share(m.mean, 2)} "
        f"({wording.share(m.low)} to {wording.share(m.high)})"
    )
