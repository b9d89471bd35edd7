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
from typing import TYPE_CHECKING, Any, TextIO

from orchestrator.config import TrialConfig
from orchestrator.training.throughput.noise import noise

if TYPE_CHECKING:
    from orchestrator.training.engine import Engine

STDOUT = 1
EPOCHS = 1_000_000


def main() -> None:
    """Answer what standard input asks."""
    # What libraries print must not stand between the answers.
    answers = os.fdopen(os.dup(STDOUT), "w")
    os.dup2(sys.stderr.fileno(), STDOUT)
    task = json.loads(sys.stdin.readline())
    began = time.perf_counter()
    engine = open_engine(task["backend"])
    # As long as need be; none of this is in the program, which the sweep's trials find compiled.
    config = dataclasses.replace(
        TrialConfig.from_flat(task["config"]), epochs=EPOCHS, schedule="constant", patience=0
    )
    inputs = noise(task["training"], task["validation"], task["side"], task["classes"])
    from orchestrator.training.training_run import AHEAD, TrainingRun

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


def open_engine(backend: str, threads: int | None = 1) -> "Engine":
    """An engine of a backend; settles which one Keras computes with in this process."""
    if backend == "jax":
        os.environ["KERAS_BACKEND"] = "jax"
        from orchestrator.training.on_jax.jax_engine import JaxEngine

        return JaxEngine(threads)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from orchestrator.training.on_tensorflow.tensorflow_engine import TensorflowEngine

    return TensorflowEngine(threads)


def _say(answers: TextIO, facts: dict[str, Any]) -> None:
    print(json.dumps(facts), file=answers, flush=True)


if __name__ == "__main__":
    main()
