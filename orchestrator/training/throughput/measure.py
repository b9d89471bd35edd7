"""How fast a few steps of some networks are: reads a task, prints speeds.

    python -m orchestrator.training.throughput.measure < task.json

Reads {"backend", "configs": [flat TrialConfig, ...], "side": h, "classes": k}. Before each
configuration it prints a line {"measuring": architecture}; the last line is {architecture:
{"images_per_second", "parameters", "precision"} or {"error"}}. Noise stands in for faces: a step's
cost does not depend on the pixels.
"""

import dataclasses
import json
import os
import sys
from typing import Any

from orchestrator.config import TrialConfig
from orchestrator.errors import BadInput
from orchestrator.training.engines import choose_precision, open_engine
from orchestrator.training.throughput.noise import noise

STEPS = 4


def main() -> None:
    """Measure what standard input asks for."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    task = json.load(sys.stdin)
    configs = [TrialConfig.from_flat(flat) for flat in task["configs"]]
    speeds = {}
    for config in configs:
        print(json.dumps({"measuring": config.architecture}), flush=True)
        speeds[config.architecture] = speed(config, task["side"], task["classes"], task["backend"])
    print(json.dumps(speeds))


def speed(config: TrialConfig, side: int, classes: int, backend: str) -> dict[str, Any]:
    """Images a second in training, with one thread, after a first epoch that compiles."""
    from orchestrator.training.training_run import TrainingRun

    engine = open_engine(backend, threads=1)
    if config.precision == "auto":
        config = dataclasses.replace(config, precision=choose_precision(backend, 0.3).precision)
    try:
        run = TrainingRun(engine, config, noise(STEPS * config.batch_size, classes, side, classes))
        run.epoch()  # compiles; of the same shapes, or the next epoch would compile once more
        row = run.epoch()
    except BadInput as error:
        return {"error": str(error)}
    return {
        "images_per_second": row.images_per_second,
        "parameters": run.parameters,
        "precision": config.precision,
    }


if __name__ == "__main__":
    main()
