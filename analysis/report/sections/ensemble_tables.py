"""Who is in the ensemble, why, and what it is worth."""

import pandas as pd

from analysis import wording
from analysis.report.page_blocks import Block, Facts, Part, Section, Table, Text
from analysis.report.score_lookup import BOOTSTRAP, ENSEMBLE, SINGLE, WILSON, Scores, obtained
from analysis.report.sections.member_tables import member_blocks
from analysis.report.sweep_contents import SweepContents, objects

ABSENT = "No ensemble was made; python -m jobs.postprocess RESULTS/NAME makes one."

SAVED = "to load and run"

METRICS = {
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "top2": "label among the two likeliest",
    "binary_accuracy": "binary accuracy (cells, threshold 0.5)",
    "ece": "ECE (calibrated)",
    "brier": "Brier score (calibrated)",
    "nll": "negative log-likelihood, nats (calibrated)",
}
"""Metric -> how the table of scores calls it; one line adds one."""

CALIBRATED = {"ece": "ECE", "brier": "Brier score", "nll": "negative log-likelihood, nats"}
"""Metric that also stands in the table with `_uncalibrated` behind its name -> its heading."""

PAIRED = {
    "accuracy_gain": ("gain in accuracy", True),
    "macro_f1_gain": ("gain in macro F1", True),
    "nll_gain": ("gain in negative log-likelihood, nats", True),
    "mcnemar_p": ("McNemar's test, p", False),
    "accuracy_gain_best_member": ("gain in accuracy over its best member", True),
    "mcnemar_p_best_member": ("McNemar's test of that, p", False),
    "only_ensemble_right": ("images that only the ensemble gets right", False),
    "only_single_right": ("images that only the best single model gets right", False),
}
"""Metric of the comparison -> its heading, and whether it is a difference."""
WORDS = frozenset(
    (
        "measure",
        "class",
        "rule",
        "chosen",
        "how",
        "who",
        "split",
        "images",
    )
)
MOST = 600
"""Rows of the table with every number."""


def ensemble_section(contents: SweepContents) -> Section:
    """Members, rules, scores, calibration, classes, diversity."""
    scores = Scores(contents, contents.split)
    blocks_of = {
        "Members": lambda contents, _: member_blocks(contents),
        "Rules compared": lambda contents, _: _rules(contents),
        "Scores": _scores,
        "Calibration": _calibration,
        "Ensemble against best single model": _comparison,
        "What was taken": lambda contents, _: _saved(contents),
        "More numbers": lambda *given: (*_classes(*given), *_further(*given)),
    }
    parts = [
        Part(title, blocks)
        for title, make in blocks_of.items()
        if (blocks := make(contents, scores))
    ]
    if not parts:
        parts = [Part("", (Text(ABSENT, "absent"),))]
    return Section("ensemble", "Ensemble", tuple(parts))


def _rules(contents: SweepContents) -> tuple[Block, ...]:
    ensemble = contents.ensemble
    sentence = wording.sentence(str(ensemble.get("sentence") or ""))
    rules = objects(ensemble.get("rules"))
    heads = (
        "rule",
        "accuracy, cross-validated",
        "less than the highest",
        "standard error of that (paired)",
        "NLL, cross-validated",
        "members",
        "accuracy in sample",
        "chosen",
    )
    rows = tuple(
        (
            wording.text(rule.get("rule")),
            wording.share(rule.get("accuracy"), 4),
            wording.share(rule.get("accuracy_gap"), 4),
            wording.share(rule.get("accuracy_gap_se"), 4),
            wording.share(rule.get("nll"), 4),
            wording.count(rule.get("members")),
            wording.share(rule.get("in_sample_accuracy"), 4),
            "chosen" if rule.get("chosen") else "",
        )
        for rule in rules
    )
    marked = frozenset(i for i, rule in enumerate(rules) if rule.get("chosen"))
    caption = "Ways to combine, compared on validation images"
    blocks: list[Block] = [Text(sentence)] if sentence else []
    if rows:
        blocks.append(Table(caption, heads, rows, WORDS, marked, folded=True))
    return tuple(blocks)


def _saved(contents: SweepContents) -> tuple[Block, ...]:
    ensemble = contents.ensemble
    combiner = [
        ("rule", ensemble.get("rule")),
        ("combined by", ensemble.get("combiner")),
        (
            "temperature",
            wording.short(ensemble["temperature"]) if "temperature" in ensemble else None,
        ),
        (SAVED, contents.post.get("export")),
    ]
    pairs = tuple((name, str(value)) for name, value in combiner if value)
    return (Facts(pairs, spans=frozenset((SAVED,))),) if pairs else ()


def _scores(contents: SweepContents, scores: Scores) -> tuple[Block, ...]:
    rows = tuple(
        (title, *_each(scores, metric))
        for metric, title in METRICS.items()
        if scores.get(ENSEMBLE, metric) or scores.get(SINGLE, metric)
    )
    if not rows:
        return ()
    caption = [f"On the {contents.split} split"]
    if contents.ensemble.get("rule") == SINGLE:
        caption.append("there is no ensemble, what is called so is the best single model")
    for images in _groups(scores):
        if score := scores.get(ENSEMBLE, "accuracy", images):
            caption.append(f"{images} images: n = {wording.count(score.n)}")
    for who in (ENSEMBLE, SINGLE):
        if score := scores.get(who, "accuracy"):
            caption.append(f"{who}: {obtained(score)}")
    if used := _intervals(scores):
        caption.append(used)
    groups = _groups(scores)
    heads = ("measure", *(f"{who}, {images}" for images in groups for who in (ENSEMBLE, SINGLE)))
    return (Table("; ".join(caption), heads, rows, WORDS),)


def _intervals(scores: Scores) -> str:
    """Which intervals the table's brackets hold, where `how` names them."""
    shown = (scores.get(ENSEMBLE, metric) for metric in METRICS)
    hows = [score.how for score in shown if score and score.low is not None]
    if not any(WILSON in how for how in hows):
        return ""
    rest = ", the others bootstrapped" if any(BOOTSTRAP in how for how in hows) else ""
    return f"95 % intervals of shares of images are Wilson's{rest}"


def _each(scores: Scores, metric: str) -> list[str]:
    return [
        scores.shown(who, metric, images)
        for images in _groups(scores)
        for who in (ENSEMBLE, SINGLE)
    ]


def _groups(scores: Scores) -> tuple[str, ...]:
    """All images; the clean ones too where that is not the same."""
    every, clean = (scores.get(ENSEMBLE, "accuracy", images) for images in ("all", "clean"))
    same = every is not None and clean is not None and every.n == clean.n
    return ("all",) if same else ("all", "clean")


def _comparison(contents: SweepContents, scores: Scores) -> tuple[Block, ...]:
    alone = contents.ensemble.get("rule") == SINGLE
    # Where the rule took the single model, older records hold it against itself.
    rows = (
        ()
        if alone
        else tuple(
            (title, *(_paired(scores, metric, images, sign) for images in _groups(scores)))
            for metric, (title, sign) in PAIRED.items()
            if scores.get(ENSEMBLE, metric)
        )
    )
    caption = "Image by image; a gain above 0 is the ensemble's"
    heads = ("measure", *(f"{images} images" for images in _groups(scores)))
    return (Table(caption, heads, rows, WORDS),) if rows else ()


def _paired(scores: Scores, metric: str, images: str, sign: bool) -> str:
    score = scores.get(ENSEMBLE, metric, images)
    if score is None:
        return wording.NONE
    if metric.startswith("mcnemar_p"):
        return wording.chance(score.value).removeprefix("p ").removeprefix("= ")
    return score.shown(sign=True) if sign else wording.count(score.value)


def _calibration(contents: SweepContents, scores: Scores) -> tuple[Block, ...]:
    rows = tuple(
        (f"{title}, {who}", *(scores.shown(who, f"{metric}{w}") for w in ("_uncalibrated", "")))
        for metric, title in CALIBRATED.items()
        for who in (ENSEMBLE, SINGLE)
        if scores.get(ENSEMBLE, f"{metric}_uncalibrated")
    )
    heads = ("measure", "before", "after")
    caption = f"Before and after temperature calibration, {contents.split} split; lower is better"
    return (Table(caption, heads, rows, WORDS),) if rows else ()


def _classes(contents: SweepContents, scores: Scores) -> tuple[Block, ...]:
    names = [
        metric.partition("/")[2]
        for metric in scores.metrics(ENSEMBLE)
        if metric.startswith("recall/")
    ]
    kinds = [
        kind
        for kind in ("recall", "precision", "f1")
        if any(scores.get(ENSEMBLE, f"{kind}/{name}") for name in names)
    ]
    heads = ["class"]
    for kind in kinds:
        heads += [
            f"{kind.replace('f1', 'F1')}, ensemble",
            f"{kind.replace('f1', 'F1')}, best single",
        ]
    rows = tuple(
        (
            name,
            *(scores.shown(who, f"{k}/{name}") for k in kinds for who in (ENSEMBLE, SINGLE)),
        )
        for name in names
    )
    counts = [scores.get(ENSEMBLE, f"recall/{name}") for name in names]
    if counts and all(c and c.n for c in counts):
        heads.insert(1, "n")
        rows = tuple(
            (row[0], wording.count(c.n if c else None), *row[1:])
            for row, c in zip(rows, counts, strict=True)
        )
    caption = f"Class by class, {contents.split} split, all images"
    return (Table(caption, tuple(heads), rows, WORDS, folded=True),) if rows else ()


def _further(contents: SweepContents, scores: Scores) -> tuple[Block, ...]:
    shown_above = {*METRICS, *PAIRED, *(f"{name}_uncalibrated" for name in CALIBRATED)}
    others = [m for m in scores.metrics(ENSEMBLE) if m not in shown_above and "/" not in m]
    rows = tuple(
        (m.replace("_", " "), scores.shown(ENSEMBLE, m), score.how)
        for m in others
        if (score := scores.get(ENSEMBLE, m))
    )
    blocks: list[Block] = []
    if rows:
        caption = f"How much the members differ, and what else was measured, {contents.split} split"
        blocks.append(Table(caption, ("measure", "value", "how"), rows, WORDS, folded=True))
    every = contents.table("scores")
    if len(every):
        blocks.append(_every_number(every))
    return tuple(blocks)


def _every_number(table: pd.DataFrame) -> Table:
    rows = tuple(
        (
            wording.text(row["who"]),
            wording.text(row["split"]),
            wording.text(row["images"]),
            wording.text(row["metric"]),
            wording.interval(row["value"], row["low"], row["high"]),
            wording.count(row["n"]),
            wording.text(row["how"]),
        )
        for row in table.head(MOST).to_dict("records")
    )
    caption = f"Every number of scores.parquet ({wording.count(len(table))})"
    if len(table) > MOST:
        caption += f"; the first {MOST}"
    heads = ("who", "split", "images", "measure", "value", "n", "how")
    return Table(caption, heads, rows, WORDS, folded=True)
