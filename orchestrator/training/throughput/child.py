"""One of the processes that `concurrent` starts; speaks JSON, a line each way at a time.

Reads {"config": flat TrialConfig, "training", "validation", "side", "classes", "backend"}; trains
two epochs, of which the first compiles; prints {"loading_seconds", "first_epoch_seconds",
"device"}. Reads the number
of seconds to train for; prints {"images", "seconds"}.
"""

import dataclasses
import json
import os
import sys
import time
from typing import Any, TextIO

from orchestrator.config import TrialConfig
from orchestrator.training.engines import open_engine
from orchestrator.training.inputs import kept_as_bytes
from orchestrator.training.throughput.noise import noise
from orchestrator.training.training_run import AHEAD, TrainingRun

STDOUT = 1
EPOCHS = 1_000_000


def main() -> None:
    """Answer what standard input asks."""
    # What libraries print must not stand between the answers.
    answers = os.fdopen(os.dup(STDOUT), "w")
    os.dup2(sys.stderr.fileno(), STDOUT)
    task = json.loads(sys.stdin.readline())
    began = time.perf_counter()
    engine = open_engine(task["backend"], threads=1)
    # As long as need be; none of this is in the program, which the sweep's trials find compiled.
    config = dataclasses.replace(
        TrialConfig.from_flat(task["config"]), epochs=EPOCHS, schedule="constant", patience=0
    )
    shape = task["training"], task["validation"], task["side"], task["classes"]
    inputs = noise(*shape, plain=kept_as_bytes(config.preprocessing))
    loaded = time.perf_counter()
    run = TrainingRun(engine, config, inputs)
    run.epoch()
    first = time.perf_counter() - loaded
    run.epoch()
    facts = {"loading_seconds": loaded - began, "first_epoch_seconds": first}
    _say(answers, {**facts, "device": run.device})
    seconds = float(sys.stdin.readline())
    for _ in range(AHEAD + 1):  # until as many are under way as will be all the time
        run.epoch(EPOCHS)
    began = end = time.perf_counter()
    epochs = 0
    while end < began + seconds:
        run.epoch(EPOCHS)
        epochs += 1
        end = time.perf_counter()
    batch = min(config.batch_size, task["training"])
    images = epochs * (task["training"] // batch * batch)
    _say(answers, {"images": images, "seconds": end - began})


def _say(answers: TextIO, facts: dict[str, Any]) -> None:
    print(json.dumps(facts), file=answers, flush=True)


if __name__ == "__main__":
    main()
