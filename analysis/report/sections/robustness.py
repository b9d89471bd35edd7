"""How answers hold: under corruptions, by kind of light, by class."""

from collections.abc import Mapping

import pandas as pd

from analysis import wording
from analysis.report.charts import robustness as charts
from analysis.report.page_blocks import Block, Part, Section, Table, Text
from analysis.report.sweep_contents import SweepContents

ENSEMBLE = charts.ENSEMBLE

NOT_TRIED = (
    "Corruptions (darker, blurred, covered, turned images, ...) were not tried; python -m "
    "jobs.postprocess RESULTS/NAME --robustness all does it, or --robustness N on N images."
)

NOBODY = (
    "Nothing is known, and nothing was guessed, of the persons shown: no sex, age or origin. What "
    "can be measured without that is how answers depend on light, on class and on damage to images."
)

IN_SAMPLE = (
    "The ensemble here is the saved one on every image: on the images that it was chosen on its "
    "accuracy flatters, what a corruption costs hardly does."
)

STANDARDISED = (
    "Standardised: each class counts in a stratum as it does among all images, since light goes "
    "with expression. Strata are cut at 10, 33, 67 and 90 % of these images; intervals are 95 %, "
    "normal."
)

WORDS = frozenset(("corruption", "unit", "who", "preprocessing", "light", "stratum", "class"))

MIDDLE = 3
"""The strength whose cost is given with its interval."""


def robustness_section(contents: SweepContents) -> tuple[Section, ...]:
    """Nothing where nothing was measured."""
    table = contents.table("robustness")
    if table.empty:
        return ()
    names = _names(table)
    parts = (
        Part("", (Text(NOBODY),)),
        Part("Under corruptions", _corruptions(table, names)),
        Part("By light", _light(table, names)),
        Part("By class", (_classes(table),)),
    )
    return (Section("robustness", "Robustness and bias", parts),)


def _names(table: pd.DataFrame) -> dict[str, str]:
    """Who -> in words: the preprocessing tells members apart, the signature does so for sure."""
    pairs = table[["who", "preprocessing"]].drop_duplicates()
    return {
        str(who): str(who) if wording.missing(how) else f"{who} ({how})"
        for who, how in pairs.itertuples(index=False)
    }


def _corruptions(table: pd.DataFrame, names: Mapping[str, str]) -> tuple[Block, ...]:
    every = table[(table["by"] == "all") & (table["level"] > 0)]
    if every.empty:
        return (Text(NOT_TRIED, "absent"),)
    n = wording.count(every["n"].max())
    made = charts.under_corruptions(table, names)
    caption = (
        f"Accuracy by strength of ten kinds of damage (n = {n}, 0: the same images as they are): "
        "the ensemble in blue with 95 % intervals (Wilson), its members and the best single net in "
        "orange."
    )
    own = every[every["who"] == ENSEMBLE]
    blocks: list[Block] = [
        Text(_most_and_least(own)),
        charts.draw(made, "strength", caption),
        _strengths(own),
        _members(every, names),
    ]
    if "validation" in set(every["split"]):
        blocks.append(Text(IN_SAMPLE, "note"))
    return tuple(blocks)


def _most_and_least(own: pd.DataFrame) -> str:
    costs = own.groupby("corruption", sort=False)["lost"].mean().sort_values()
    least, most = costs.index[0], costs.index[-1]
    return (
        f"Over the five strengths the ensemble loses least to {least} "
        f"({wording.signed(-costs.iloc[0])} on average) and most to {most} "
        f"({wording.signed(-costs.iloc[-1])})."
    )


def _strengths(own: pd.DataFrame) -> Table:
    """The ensemble's accuracy at each strength, and what the middle one costs."""
    rows = []
    for corruption, part in own.groupby("corruption", sort=False):
        by_level = part.set_index("level")
        middle = by_level.loc[MIDDLE]
        amounts = ", ".join(wording.short(amount) for amount in by_level["amount"])
        rows.append(
            (
                str(corruption),
                *(wording.share(by_level["accuracy"].get(level)) for level in range(1, 6)),
                wording.interval(
                    -middle["lost"], -middle["lost_high"], -middle["lost_low"], sign=True
                ),
                f"{amounts} {by_level['unit'].iloc[0]}",
            )
        )
    heads = ("corruption", "1", "2", "3", "4", "5", f"change at {MIDDLE}", "unit")
    caption = "The ensemble's accuracy at strengths 1 to 5; the change is paired, image by image"
    return Table(caption, heads, tuple(rows), WORDS, folded=True)


def _members(every: pd.DataFrame, names: Mapping[str, str]) -> Table:
    """Which preprocessing holds where: what is left on average over the strengths."""
    kept = every.pivot_table("accuracy", "who", "corruption", "mean", sort=False)
    plain = (every["accuracy"] + every["lost"]).groupby(every["who"]).first()
    rows = tuple(
        (
            names[str(who)],
            wording.share(plain[who]),
            *(wording.share(value) for value in kept.loc[who]),
            wording.share(kept.loc[who].mean()),
        )
        for who in kept.index
    )
    heads = ("who", "as they are", *(str(name) for name in kept.columns), "mean")
    caption = "Accuracy, mean over the five strengths of each corruption, by net and preprocessing"
    return Table(caption, heads, rows, WORDS)


def _light(table: pd.DataFrame, names: Mapping[str, str]) -> tuple[Block, ...]:
    rows = table[table["standardised"].notna()]
    if rows.empty:
        return ()
    own = rows[rows["who"] == ENSEMBLE]
    caption = (
        "Standardised accuracy by light, from the darkest, flattest, most evenly lit stratum (1) "
        "to the other end: the ensemble in blue with 95 % intervals, its members and the best "
        "single net in orange."
    )
    return (
        Text(_differences(own)),
        charts.draw(charts.by_light(table, names), "stratum", caption),
        _strata(own),
        *_by_preprocessing(rows, names),
        Text(STANDARDISED, "note"),
    )


def _differences(own: pd.DataFrame) -> str:
    words = []
    for quantity, part in own.groupby("by", sort=False):
        low, high = (part.loc[part["standardised"].agg(end)] for end in ("idxmin", "idxmax"))
        apart = low["standardised_high"] < high["standardised_low"]
        sure = "their intervals do not overlap" if apart else "their intervals overlap"
        difference = wording.share(high["standardised"] - low["standardised"])
        words.append(
            f"by {quantity} {difference} between {low['group']} and {high['group']} ({sure})"
        )
    return f"Standardised accuracy differs most {'; '.join(words)}."


def _strata(own: pd.DataFrame) -> Table:
    rows = tuple(
        (
            str(row["by"]),
            str(row["group"]),
            wording.count(row["n"]),
            wording.interval(row["accuracy"], row["low"], row["high"]),
            wording.interval(
                row["standardised"], row["standardised_low"], row["standardised_high"]
            ),
            wording.share(row["covered"], 2),
        )
        for row in own.to_dict("records")
    )
    heads = ("light", "stratum", "n", "accuracy", "standardised", "classes covered")
    return Table("The ensemble by light, gray values of 255", heads, rows, WORDS, folded=True)


def _by_preprocessing(rows: pd.DataFrame, names: Mapping[str, str]) -> tuple[Table, ...]:
    """Each net in the outermost strata, where preprocessing would have to help."""
    wide = rows.pivot_table("standardised", "who", ["by", "group"], sort=False)
    ends: list[tuple[str, str]] = []
    for quantity in dict.fromkeys(by for by, _ in wide.columns):
        columns = [column for column in wide.columns if column[0] == quantity]
        ends += columns[:1] + columns[1:][-1:]
    heads = ("who", *(f"{by} {group}" for by, group in ends))
    cells = tuple(
        (names[str(who)], *(wording.share(wide.loc[who, column]) for column in ends))
        for who in wide.index
    )
    caption = "Standardised accuracy in the outermost strata, by net and preprocessing"
    return (Table(caption, heads, cells, WORDS),) if len(cells) > 1 else ()


def _classes(table: pd.DataFrame) -> Table:
    """Recall as the images are, and what is left of it after damage."""
    own = table[(table["who"] == ENSEMBLE) & (table["by"] == "class")]
    plain = own[own["level"] == 0].set_index("group")
    after = own[own["level"] == MIDDLE].groupby("group")["accuracy"].mean()
    rows = tuple(
        (
            str(name),
            wording.count(row["n"]),
            wording.interval(row["accuracy"], row["low"], row["high"]),
            *((wording.share(after.get(name)),) if len(after) else ()),
        )
        for name, row in plain.sort_values("accuracy", ascending=False).iterrows()
    )
    more = (f"recall, mean of all corruptions at strength {MIDDLE}",) if len(after) else ()
    heads = ("class", "n", "recall", *more)
    gap = plain["accuracy"].max() - plain["accuracy"].min()
    caption = (
        f"The ensemble by class, best first (95 % Wilson); from best to worst {wording.share(gap)}"
    )
    return Table(caption, heads, rows, WORDS)
