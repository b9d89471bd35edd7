"""What stands in the Parquet tables of a backtest: column, type, unit, meaning.

README.md in the folder above is the same list for reading; a test holds the two together.
"""

import pyarrow as pa

from results.schema import EPOCHS, TRIALS
from results.tables.described import REAL, TEXT, WHOLE, described


def _again(schema: pa.Schema, *names: str) -> list[tuple[str, pa.DataType, str, str]]:
    """Columns that another table has too."""
    fields = [schema.field(name) for name in names]
    words = [[f.metadata[key].decode() for key in (b"unit", b"description")] for f in fields]
    return [(f.name, f.type, *each) for f, each in zip(fields, words, strict=True)]


RECORDED_CURVES = described(
    *_again(EPOCHS, "trial", "epoch", "validation_accuracy", "validation_loss"),
    *_again(EPOCHS, "validation_binary_accuracy", "seconds"),
    *_again(TRIALS, "ended_by"),
)

BACKTEST = described(
    ("scheduler", TEXT, "", "Who decided; ray_asha is Ray Tune's own, none stops nobody."),
    ("trials", WHOLE, "", "Trials of the sweep, drawn from the recorded ones."),
    ("slots", WHOLE, "", "Trials at once."),
    ("order", TEXT, "", "random, or ascending or descending by accuracy at the trials' ends."),
    ("seed", WHOLE, "", "Of the order, and of which trials were drawn."),
    ("grace_epochs", WHOLE, "epochs", "The first rung."),
    ("reduction_factor", WHOLE, "", "One trial in this many goes on at a rung."),
    ("longest", WHOLE, "epochs", "Epochs of the longest trial."),
    ("recorded", WHOLE, "", "Recorded trials that could be replayed."),
    ("epochs", WHOLE, "epochs", "Epochs trained."),
    ("all_epochs", WHOLE, "epochs", "Epochs of the same trials where nobody is stopped."),
    ("seconds", REAL, "s", "Wall time by the recorded time of each epoch."),
    ("finished", WHOLE, "", "Trials that were trained to their own end and left a net."),
    ("picked", TEXT, "", "Signature of the best trial that left a net; null without one."),
    ("accuracy", REAL, "share", "Its validation accuracy; 0 without one."),
    ("regret", REAL, "points", "100 x (accuracy of the best of these trials - accuracy)."),
    ("seen", TEXT, "", "Signature of the trial with the best accuracy seen, nets or not."),
    ("seen_regret", REAL, "points", "The same as regret, were that trial trained to its end."),
)

TABLES = {"recorded_curves": RECORDED_CURVES, "backtest": BACKTEST}
"""Table by name."""

CURVES_FILE = "recorded_curves.parquet"
LONGER_CURVES_FILE = "longer_curves.parquet"
"""The same columns, of fewer and better nets."""

RUNS_FILE = "backtest.parquet"
PICTURE_FILE = "backtest.svg"
