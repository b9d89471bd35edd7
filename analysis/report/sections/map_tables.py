"""Where the evidence was, and how far the maps can be trusted: tables from tables."""

import math

import pandas as pd

from analysis import wording
from analysis.explain.methods.names import REFERENCE_TITLES, TITLES
from analysis.figures.faithfulness import sampled, wrong_share
from analysis.report.page_blocks import Block, Part, Table, Text
from analysis.report.score_lookup import ENSEMBLE
from analysis.report.sweep_contents import SweepContents, mapping
from orchestrator.metrics import Z_95

REGIONS = ("brows", "eyes", "nose", "mouth", "rest")
WORDS = frozenset(("method", "class", "member"))

NO_REGIONS = (
    "Shares of the face's regions were not computed; "
    "python -m jobs.postprocess RESULTS/NAME --explain all computes them."
)
NO_FAITHFULNESS = (
    "The maps were not judged; python -m jobs.postprocess RESULTS/NAME --explain all judges them."
)

NAMES = TITLES | REFERENCE_TITLES

MASKS = {
    "drawn": "The regions are known for each image, since the faces were drawn.",
    "canonical": (
        "The regions are boxes on an upright, centred face, the same for every image: a share "
        "says roughly where on the face, not on which feature."
    ),
}
"""`regions.masks` -> what a reader must know."""

MEASURES = {
    "deletion": "deletion ↓",
    "insertion": "insertion ↑",
    "drop": "drop ↓",
    "increase": "increase ↑",
    "stability": "change under noise ↓",
    "randomised": "randomised weights ↓",
    "gap": "completeness gap ↓",
}
"""Column of `faithfulness.parquet` -> heading; one line adds one."""


def region_parts(contents: SweepContents) -> tuple[Part, ...]:
    """Shares of the maps' mass by region: a row a method, then a row a class."""
    table = contents.table("regions")
    if table.empty:
        return (Part("Regions of the face", (Text(NO_REGIONS, "absent"),)),)
    member = _shown_member(table)
    own = table[table["member"] == member]
    rule = "prediction" if "prediction" in set(own["rule"]) else str(own["rule"].iloc[0])
    own = own[own["rule"] == rule]
    masks = [MASKS.get(str(kind), str(kind)) for kind in own["masks"].dropna().unique()]
    caption = (
        f"Share of the maps' mass by region, maps of {_who(member)} for the {rule}; "
        f"\N{PLUS-MINUS SIGN} half of the 95 % interval, {wording.TIMES} times its area"
    )
    overall = Table(caption, ("method", *REGIONS, "n"), _by_method(own), WORDS)
    note = _rests_on(contents, own)
    blocks: list[Block] = [Text(" ".join(masks)), overall]
    if note:
        blocks.append(Text(note, "note"))
    return (Part("Regions of the face", (*blocks, _by_class(contents, own))),)


def _rests_on(contents: SweepContents, table: pd.DataFrame) -> str:
    """Which methods explained every image and which a sample; "" where all explained the same."""
    images = table[table["region"] == REGIONS[0]]
    with_map = images.groupby("method", sort=False)["n"].sum()
    sizes = _explained(contents, table, with_map)
    most, requested = int(sizes.max()), contents.post.get("explain")
    everything = requested == "all" or (isinstance(requested, int) and requested >= most)
    few = [str(name) for name in sizes.index if sizes[name] < most]
    if everything or not few:
        return ""
    many = [str(name) for name in sizes.index if name not in few]
    titles = wording.enumeration([TITLES.get(name, name) for name in many])
    sample = images[images["method"] == few[0]]
    wrong = sample.loc[~sample["correct"].astype(bool), "n"].sum() / max(1, sample["n"].sum())
    return (
        f"{titles} {'rests' if len(many) == 1 else 'rest'} on all "
        f"{_all_images(contents, most, with_map[many])}; "
        "the other methods, which have a smaller n, on a sample of them drawn evenly over true "
        f"class and right or wrong answers ({100 * wrong:.0f} % of them wrong, by design). Their "
        "means are not those of the split: compare rows of equal n, or the table by class."
    )


def _explained(contents: SweepContents, table: pd.DataFrame, with_map: pd.Series) -> pd.Series:
    """Method -> images explained; those with a map where an older run did not count."""
    counts = contents.table("map_counts")
    counts = counts[counts["member"] == table["member"].iloc[0]]
    counts = counts[counts["rule"] == table["rule"].iloc[0]].set_index("method")["n"]
    return with_map if counts.empty else counts.reindex(with_map.index).fillna(with_map)


def _all_images(contents: SweepContents, most: int, with_map: pd.Series) -> str:
    """How many images there are; an empty map has no shares, so fewer may stand in a row."""
    split_size, fewest = max(most, len(contents.table("answers"))), int(with_map.min())
    n = wording.count(split_size)
    if fewest == split_size:
        return f"{n} images"
    largest = int(with_map.max())
    there = wording.count(largest)
    if fewest < largest:
        there = f"{wording.count(fewest)} to {there}"
    return f"{n} images ({there} with a map)"


def explanation_notes(contents: SweepContents) -> tuple[Text, ...]:
    """Whose maps are shown first and why, which methods can be believed, how many are empty."""
    leading = str(mapping(contents.post.get("leading_method")).get("reason") or "")
    judged = str(contents.post.get("judgement") or "")
    return tuple(Text(words) for words in (leading, judged, _empty_words(contents)) if words)


def _empty_words(contents: SweepContents) -> str:
    """Which maps are zero everywhere, the most first; "" where nobody counted."""
    counts = contents.table("map_counts")
    counts = counts[counts["rule"] == "prediction"]
    if counts.empty:
        return ""
    empty = counts[counts["empty"] > 0].sort_values(["empty", "member"], ascending=[False, True])
    if empty.empty:
        return "No map is empty (zero everywhere)."
    first = [
        f"{TITLES.get(row['method'], row['method'])} of {_who(row['member'])} "
        f"{wording.count(row['empty'])} of {wording.count(row['n'])}"
        for row in empty.head(EMPTY_SHOWN).to_dict("records")
    ]
    more = len(empty) - len(first)
    rest = f"; {more} more, see the table of empty maps" if more > 0 else ""
    return (
        f"Empty maps, zero everywhere, which say nothing of their image: {'; '.join(first)}{rest}."
    )


EMPTY_SHOWN = 3
"""Members and methods whose empty maps are named in the sentence."""


def empty_part(contents: SweepContents) -> tuple[Part, ...]:
    """A table of empty maps by member and method; nothing where there is none."""
    counts = contents.table("map_counts")
    empty = counts[(counts["rule"] == "prediction") & (counts["empty"] > 0)]
    if empty.empty:
        return ()
    rows = tuple(
        (
            str(row["member"]),
            TITLES.get(row["method"], row["method"]),
            wording.count(row["empty"]),
            wording.count(row["n"]),
        )
        for row in empty.to_dict("records")
    )
    caption = "Maps for the prediction that are zero everywhere: they count as zero in class means"
    table = Table(caption, ("member", "method", "empty", "n"), rows, WORDS, folded=True)
    return (Part("Empty maps", (table,)),)


def _who(member: str) -> str:
    return "the ensemble" if member == ENSEMBLE else f"member {member}"


def _shown_member(table: pd.DataFrame) -> str:
    """Whose maps are shown: the ensemble's, or the member's with most rows."""
    counts = table["member"].value_counts()
    return ENSEMBLE if ENSEMBLE in counts.index else str(counts.index[0])


def _by_method(table: pd.DataFrame) -> tuple[tuple[str, ...], ...]:
    rows = [
        (TITLES.get(str(name), str(name)), *_shares(frame))
        for name, frame in table.groupby("method", sort=False)
    ]
    for column, title in (("uniform", "uniform map (area)"), ("centre", "Gaussian at the centre")):
        means = [_mean(table[table["region"] == region], column) for region in REGIONS]
        rows.append((title, *(wording.share(mean) for mean in means), ""))
    return tuple(rows)


def _shares(frame: pd.DataFrame) -> tuple[str, ...]:
    cells = []
    for region in REGIONS:
        part = frame[frame["region"] == region]
        share, area = _mean(part, "share"), _mean(part, "uniform")
        times = f" {wording.TIMES}{share / area:.1f}" if area > 0 and not math.isnan(share) else ""
        cells.append(f"{_pooled(part)}{times}")
    n = frame[frame["region"] == REGIONS[0]]["n"].sum()
    return (*cells, wording.count(n))


def _mean(frame: pd.DataFrame, column: str) -> float:
    """Mean over images: rows weigh as many images as they stand for."""
    groups = frame[frame[column].notna() & (frame["n"] > 0)]
    n = groups["n"].sum()
    return float((groups[column] * groups["n"]).sum() / n) if n else math.nan


def _pooled(frame: pd.DataFrame) -> str:
    """Mean share with its interval; groups are strata, so their variances add."""
    groups = frame[frame["share"].notna() & (frame["n"] > 0)]
    mean, n = _mean(groups, "share"), groups["n"].sum()
    error = (groups["high"] - groups["low"]) / (2 * Z_95) * groups["n"]
    if not n or error.isna().any():
        return wording.share(mean)
    half = Z_95 * math.sqrt(float((error**2).sum())) / n
    return wording.around(mean, half)


def _by_class(contents: SweepContents, table: pd.DataFrame) -> Table:
    leading = mapping(contents.post.get("leading_method")).get("method")
    named = [name for name in (leading, "gradcam") if name in set(table["method"])]
    method = str(named[0] if named else table["method"].iloc[0])
    own = table[table["method"] == method]
    rows = []
    for (label, correct), frame in own.groupby(["label", "correct"], sort=True):
        name = f"{contents.class_name(label)}, {'right' if correct else 'wrong'}"
        rows.append((name, *_shares(frame)))
    caption = f"The same by true class and by right or wrong answers, {TITLES.get(method, method)}"
    return Table(caption, ("class", *REGIONS, "n"), tuple(rows), WORDS, folded=True)


def faithfulness_part(contents: SweepContents) -> Part:
    """How well maps say what the net looks at, beside two baselines."""
    title = "How far to trust the maps"
    table = contents.table("faithfulness")
    if table.empty:
        return Part(title, (Text(NO_FAITHFULNESS, "absent"),))
    measures = [column for column in MEASURES if table[column].notna().any()]
    rows = tuple(
        (
            str(member),
            NAMES.get(str(method), str(method)),
            *(_average(frame[m]) for m in measures),
            wording.count(len(frame)),
        )
        for (member, method), frame in table.groupby(["member", "method"], sort=False)
    )
    heads = ("member", "method", *(MEASURES[m] for m in measures), "n")
    caption = (
        "Means \N{PLUS-MINUS SIGN} half of their 95 % intervals (normal); "
        "↓ low is good, ↑ high is good; marked: baselines"
    )
    baseline = Text(
        "A map is worth something only where it beats both baselines, random cells and a Gaussian "
        "at the centre: faces are centred, so the centre is a strong guess.",
        "note",
    )
    sizes = table.groupby(["member", "method"]).size()
    ends = (int(sizes.min()), int(sizes.max()))
    sample = Text(sampled(ends, len(contents.table("answers")), wrong_share(table)))
    shown = _shown_member(table)
    own = tuple(row for row in rows if row[0] == shown)
    others = tuple(row for row in rows if row[0] != shown)
    blocks: list[Block] = [sample, _judged(caption, heads, own), baseline]
    if others:
        blocks.append(_judged("The same of each member", heads, others, folded=True))
    return Part(title, tuple(blocks))


def _judged(
    caption: str, heads: tuple[str, ...], rows: tuple[tuple[str, ...], ...], folded: bool = False
) -> Table:
    marked = frozenset(i for i, row in enumerate(rows) if row[1] in REFERENCE_TITLES.values())
    return Table(caption, heads, rows, WORDS, marked, folded)


def _average(values: pd.Series) -> str:
    measured = values.dropna().astype(float)
    if measured.empty:
        return wording.NONE
    # A lone value has no deviation (NaN), and then no interval.
    half = Z_95 * float(measured.std(ddof=1)) / math.sqrt(len(measured))
    return wording.around(float(measured.mean()), half)
