"""Answers against people: FER+'s ten taggers, where their votes are at hand."""

import pandas as pd

from analysis import wording
from analysis.report.page_blocks import Block, Part, Section, Table, Text
from analysis.report.sweep_contents import SweepContents
from orchestrator.data.faces import EMOTIONS

ENSEMBLE = "ensemble"

PUBLICTEST = 3589
"""Images of FER2013's PublicTest, and of PrivateTest."""

CEILING = (
    "FER2013's labels are search words. Of PrivateTest's images 63.6 % have the label that most of "
    "FER+'s ten taggers give: above about 0.70 a net learns how labels came about, too."
)

WHAT = (
    "A label of FER2013 is the word that an image was searched by; FER+ has ten people's answers "
    "to each. Plurality is the answer with most votes, where one alone has most and is one of our "
    "classes. Where people agree, an error is an error."
)

WORDS = frozenset(("who", "taggers"))


def is_fer2013(contents: SweepContents) -> bool:
    """Whether the sweep was made on FER2013, as far as its classes and its validation tell."""
    data = contents.data
    images = data.get("images")
    n = images.get("validation") if isinstance(images, dict) else None
    photographs = data.get("embedded") is None
    return photographs and n == PUBLICTEST and set(data.get("classes") or ()) == set(EMOTIONS)


def taggers_section(contents: SweepContents) -> tuple[Section, ...]:
    """Nothing without votes."""
    table = contents.table("taggers")
    own = table[table["who"] == ENSEMBLE]
    if own.empty:
        return ()
    every = own[own["group"] == "all"].iloc[0]
    words = (
        f"The label has most votes on {wording.share(every['label_agrees'])} of these "
        f"{wording.count(every['n'])} images; the ensemble gives it on "
        f"{wording.share(every['accuracy'])}, and the plurality on "
        f"{wording.share(every['plurality_accuracy'])} of the "
        f"{wording.count(every['n_plurality'])} images that have one."
    )
    blocks: tuple[Block, ...] = (
        Text(words),
        _by_agreement(own),
        *_by_net(table),
        Text(WHAT, "note"),
    )
    return (Section("taggers", "Against people", (Part("", blocks),)),)


def _by_agreement(own: pd.DataFrame) -> Table:
    rows = tuple(
        (
            str(row["group"]),
            wording.count(row["n"]),
            wording.share(row["label_agrees"]),
            wording.interval(row["accuracy"], row["low"], row["high"]),
            wording.interval(
                row["plurality_accuracy"], row["plurality_low"], row["plurality_high"]
            ),
            wording.count(row["n_plurality"]),
        )
        for row in own.to_dict("records")
    )
    heads = (
        "taggers",
        "n",
        "label has most votes",
        "accuracy against the label",
        "accuracy against the plurality",
        "n with a plurality",
    )
    caption = f"The ensemble by how far taggers agree, {own['split'].iloc[0]} split (95 % Wilson)"
    return Table(caption, heads, rows, WORDS)


def _by_net(table: pd.DataFrame) -> tuple[Table, ...]:
    """Every net on all images, and where taggers agree."""
    kinds = {"all": "all images", "unanimous": "unanimous"}
    wide = {kind: table[table["group"] == kind].set_index("who") for kind in kinds}
    names = list(wide["all"].index)
    if len(names) < 2:
        return ()
    rows = tuple(
        (
            str(who),
            *(
                wording.share(wide[kind].loc[who, column])
                for kind in kinds
                for column in ("accuracy", "plurality_accuracy")
            ),
        )
        for who in names
    )
    heads = tuple(
        f"{against}, {kind}" for kind in kinds.values() for against in ("label", "plurality")
    )
    return (Table("Accuracy of every net", ("who", *heads), rows, WORDS, folded=True),)
