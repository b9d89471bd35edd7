import pytest

from analysis.report.conftest import write
from analysis.report.sections.settings_charts import (
    NONE_MEASURED,
    NONE_VARIED,
    ONE_TRIAL,
    settings_section,
)
from analysis.report.sweep_contents import read
from analysis.stored_answer import stored_answer

DIFFERENT = "Speeds were measured on different hardware"
DONE = {"status": "completed", "validation_accuracy": 0.5, "validation_n": 100, "parameters": 7}
SENTENCES = (NONE_VARIED, ONE_TRIAL, NONE_MEASURED, DIFFERENT)

SITUATIONS = {
    "one trial": ([DONE], {ONE_TRIAL}),
    "two alike": ([DONE, DONE], {NONE_VARIED}),
    "a seed varied": ([DONE | {"seed": 0}, DONE | {"seed": 1}], set()),
    "all failed": ([{"status": "failed"}], {NONE_MEASURED}),
    "all failed after a measured epoch": ([DONE | {"status": "failed"}], {NONE_MEASURED}),
    "two machines": (
        [
            DONE | {"seed": i, "hardware": f"machine {i}", "images_per_second": 100.0 + i}
            for i in range(2)
        ],
        {DIFFERENT},
    ),
}
"""Trials -> which of the sentences stand there."""


@pytest.mark.parametrize("situation", SITUATIONS)
def test_what_cannot_be_compared_is_said_where_that_is_so(empty, situation):
    rows, printed = SITUATIONS[situation]
    write(empty, "trials", [row | {"trial": f"t{i}", "number": i} for i, row in enumerate(rows)])
    section = settings_section(read(empty), stored_answer(empty)[0])
    texts = [b.words for part in section.parts for b in part.blocks if b.kind == "text"]
    assert {s for s in SENTENCES if any(s in text for text in texts)} == printed
