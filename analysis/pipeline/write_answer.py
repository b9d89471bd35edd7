"""Step: the answer in words, for those who open a file rather than the page.

Needs the sweep's tables and stored predictions; writes `leaderboard.md`, with the sentences above
it, `groups.parquet` where there are several seeds, and, where there is an ensemble,
`ensemble/README.md`.
"""

from collections.abc import Mapping
from typing import Any

from analysis.leaderboard import clean_accuracy, leaderboard
from analysis.model_card import model_card
from analysis.pipeline.postprocessing import Postprocessing
from analysis.repeats.words import groups_in_markdown
from analysis.statements import statements
from analysis.stored_answer import stored_answer, stored_groups
from results.leaderboard import markdown
from results.paths import Paths
from results.schema import PREDICTIONS, SCORES, table
from results.store import DamagedResults
from results.tables.over_seeds import GROUPS

MODEL_CARD = f"{Paths().ensemble}/README.md"


def write_leaderboard(job: Postprocessing) -> None:
    """The answer, then configurations over their seeds, then the trials, as Markdown."""
    trials = job.folder.trials
    clean = {}
    for trial in trials["trial"]:
        try:
            predictions = job.store.read_table(Paths().prediction(trial), PREDICTIONS)
            clean[trial] = clean_accuracy(predictions.to_pandas())
        except DamagedResults:
            continue  # failed before it predicted, or damaged: said among those left out
    sentences = "".join(f"- {part.text}\n" for part in statements(stored_answer(job.store)[0]))
    over_seeds = stored_groups(job.store)
    if over_seeds:
        job.store.write_table(Paths().groups, table(GROUPS, over_seeds))
    parts = (sentences, groups_in_markdown(over_seeds), markdown(leaderboard(trials, clean)))
    text = "\n".join(part for part in parts if part)
    job.store.write_bytes(Paths().leaderboard, text.encode())


def write_model_card(job: Postprocessing, post: Mapping[str, Any]) -> None:
    """What the saved ensemble is, beside it.

    Args:
        job: whose ensemble.
        post: what will be `postprocess.json`.
    """
    if not post["ensemble"] or not job.store.exists(f"{Paths().ensemble}/ensemble.json"):
        return
    answer, _ = stored_answer(job.store)
    scores = job.store.read_table(Paths().scores, SCORES).to_pandas()
    card = model_card(answer, job.folder.trials, scores, job.folder.record, post)
    job.store.write_bytes(MODEL_CARD, card.encode())
