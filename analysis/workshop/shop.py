"""The workshop: takes a task, has it done, leaves its part."""

import os
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from analysis.workshop import explaining, judging, learned, predicting, saving
from analysis.workshop.bench import Bench
from analysis.workshop.tasks import (
    Check,
    Cost,
    Explain,
    Features,
    Judge,
    JudgeTogether,
    Learned,
    Predict,
    Save,
    Task,
    Together,
)

DO: dict[type[Task], Callable[[Bench, Any], pa.Table | bytes]] = {
    Check: predicting.check,
    Predict: predicting.predict,
    Explain: explaining.explain,
    Together: explaining.explain_together,
    Judge: judging.judge,
    JudgeTogether: judging.judge_together,
    Learned: learned.learned,
    Features: learned.features,
    Cost: learned.cost,
    Save: saving.save,
}
"""Kind of task -> how it is done; one line adds one."""


class Shop:
    """What every worker gets; pickled before its first task, it has loaded nothing yet."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    def do(self, task: Task) -> None:
        """Do a task and leave its part, whole or not at all.

        Raises:
            BadInput: where a member's weights, or the data, cannot be used.
            OSError: where the part cannot be written.
        """
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        content = DO[type(task)](self.bench, task)
        if isinstance(content, bytes):
            self.bench.store.write_bytes(task.part, content)
        else:
            self.bench.store.write_table(task.part, content)
