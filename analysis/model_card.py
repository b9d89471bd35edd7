"""`ensemble/README.md`: what a saved ensemble is, how good, for what, and for what not.

After Mitchell et al. 2019, "Model Cards for Model Reporting", https://arxiv.org/abs/1810.03993; of
its sections those that a sweep can fill truthfully.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis import wording
from analysis.answer import Answer
from analysis.statements import statements
from results.leaderboard import markdown_table
from results.varied import description, value_in_force, varied

LIMITS = (
    "It names the class that a picture like those it was trained on would have been given. What "
    "a person feels cannot be read from a face; do not use it to decide about people.",
    "Accuracy may differ between classes, and between groups of people that the data set does not "
    "name; the latter was not measured.",
    "Pictures that are cropped, lit or aligned otherwise than the data set's were not measured.",
)
"""What holds for every net that is trained on faces."""

DRAWN = "It was trained on drawn faces, not on photographs."

SCORED = ("accuracy", "macro_f1", "ece", "nll")
"""Metrics that the card repeats from `scores.parquet`."""


def model_card(
    answer: Answer,
    trials: pd.DataFrame,
    scores: pd.DataFrame,
    record: Mapping[str, Any],
    post: Mapping[str, Any],
) -> str:
    """The card as Markdown.

    Args:
        answer: of the sweep.
        trials: `trials.parquet`.
        scores: `scores.parquet`.
        record: `sweep.json`.
        post: `postprocess.json`; its "ensemble" says who the members are.
    """
    ensemble = post["ensemble"]
    data = record.get("data") or {}
    limits = (*([DRAWN] if data.get("embedded") else []), *LIMITS)
    single = ensemble["rule"] == "best single"
    sections = {
        "Members": _members(ensemble, trials),
        "How good": _scores(scores),
        "Where it comes from": "".join(f"- {s.text}\n" for s in statements(answer)),
        "Data": _data(data),
        "Use": f"{post.get('export', '')}\n",
        "Limits": "".join(f"- {sentence}\n" for sentence in limits),
    }
    what = "Best single model" if single else "Ensemble"
    title = f"# {what} of {record.get('name', 'a sweep')}\n\n"
    n = len(ensemble["members"])
    how = "no ensemble was taken" if single else f"chosen by the rule {ensemble['rule']}"
    rule = f"{n} member{'' if n == 1 else 's'}, {how}; commit "
    parts = [f"## {head}\n\n{text}" for head, text in sections.items() if text]
    return f"{title}{rule}{post.get('commit', 'unknown')}.\n\n" + "\n".join(parts)


def _members(ensemble: Mapping[str, Any], trials: pd.DataFrame) -> str:
    rows = {str(row["trial"]): row for row in trials.to_dict("records")}
    names = varied(rows.values())
    members: Sequence[Mapping[str, Any]] = ensemble["members"]
    return markdown_table(
        ("trial", "what it is", "coefficient", "seed"),
        [
            (
                str(member["trial"]),
                description(rows.get(str(member["trial"]), {}), names),
                wording.share(member["coefficient"]),
                str(value_in_force("seed", rows.get(str(member["trial"]), {}))),
            )
            for member in members
        ],
    )


def _scores(scores: pd.DataFrame) -> str:
    rows = scores[(scores["who"] == "ensemble") & (scores["images"] == "all")]
    rows = rows[rows["value"].notna()]
    by_name = rows[rows["metric"].isin(SCORED) | rows["metric"].str.startswith("recall/")]
    cells = [
        (
            str(row["split"]),
            str(row["metric"]).replace("_", " "),
            wording.interval(row["value"], row["low"], row["high"]),
            wording.count(row["n"]),
            str(row["how"]),
        )
        for row in by_name.to_dict("records")
    ]
    heads = ("split", "metric", "value [95 % interval]", "n", "how")
    return markdown_table(heads, cells) if cells else ""


def _data(data: Mapping[str, Any]) -> str:
    images = ", ".join(f"{n:,} {split}" for split, n in (data.get("images") or {}).items())
    notes = "".join(f"- {wording.sentence(str(note))}\n" for note in data.get("notes") or ())
    classes = ", ".join(map(str, data.get("classes") or ()))
    digest = str(data.get("digest", ""))[:12]
    return f"Digest {digest}; {images} images; classes: {classes}.\n\n{notes}"
