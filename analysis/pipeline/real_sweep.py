"""A sweep of real trials in a few seconds, without Ray: what post-processing is tested on."""

import dataclasses
import os
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any

import safetensors.numpy

from analysis.pipeline.context import TaskContext
from analysis.pipeline.export import ExportEnsemble
from analysis.pipeline.postprocess_request import PostprocessRequest
from analysis.pipeline.postprocessing import GivenUp, Postprocessing
from analysis.pipeline.select_members import CheckWeights
from analysis.pipeline.steps import postprocess
from analysis.pipeline.task import Task
from analysis.pipeline.worker import TaskWorker
from analysis.sweep_folder import SweepFolder
from orchestrator import metrics
from orchestrator.config import TrialConfig
from orchestrator.errors import BadInput
from orchestrator.process.backend import TENSORFLOW
from orchestrator.testing.stand_ins import tiny
from orchestrator.training.engines import open_engine
from orchestrator.training.inputs import DataSource, Inputs, prepare_inputs
from orchestrator.training.training_run import TrainingRun
from results.paths import Paths
from results.schema import EPOCHS, PREDICTIONS, TRIALS, table
from results.store import Store

FACES = 350
QUICK = {"width": 0.25, "batch_size": 16, "learning_rate": 0.02, "epochs": 6}
CONFIGS = (
    tiny(**QUICK, architecture="CPFF", seed=1),
    tiny(**QUICK, architecture="CPCPF", seed=2),
    tiny(**QUICK, architecture="CPF", preprocessing="histogram", seed=3),
)
"""Three nets that learn something in six epochs, one of them on preprocessed images."""


def small_sweep(root: Path, cache: Path, configs: Sequence[TrialConfig] = CONFIGS) -> Store:
    """Train them here, one after another, and leave what a sweep leaves, a pruned trial included.

    Args:
        root: becomes the sweep's folder.
        cache: of the data set; ORCHESTRATOR_CACHE must name it too.
        configs: what to train.
    """
    store, source = Store(root), DataSource(embedded=FACES, cache=str(cache))
    splits = source.open()
    engine = open_engine(os.environ.get("KERAS_BACKEND") or TENSORFLOW, threads=1)
    trials, epochs = [], []
    for number, bare in enumerate(configs):
        config = dataclasses.replace(bare, data=splits.digest)
        inputs = prepare_inputs(source, splits, config.preprocessing)
        run = TrainingRun(engine, config, inputs)
        while run.stop is None:
            run.epoch()
        _leave(store, run, inputs)
        trials.append(_row(run, number, "completed"))
        epochs += [{"trial": config.signature(), **row.to_flat()} for row in run.history]
    pruned = trials[0] | {"trial": "0123456789", "number": len(configs), "status": "pruned"}
    store.write_table(Paths().trials, table(TRIALS, [*trials, pruned]))
    store.write_table(Paths().epochs, table(EPOCHS, epochs))
    data = {
        "path": f"embedded faces ({FACES})",
        "digest": splits.digest,
        "classes": list(splits.classes),
        "images": {"training": len(splits.training), "validation": len(splits.validation)},
        "notes": list(splits.notes),
    }
    record = {"name": root.name, "question": "Which of three?", "rungs": [2], "data": data}
    store.write_json(Paths().sweep, record)
    return store


def _leave(store: Store, run: TrainingRun, inputs: Inputs) -> None:
    probabilities, weights, best = run.best_probabilities, run.best_weights, run.best
    if probabilities is None or weights is None or best is None:
        raise RuntimeError("the trial has no best epoch")
    signature = run.config.signature()
    rows = [
        {
            "image_id": str(name),
            "split": "validation",
            "label": int(label),
            "label_name": inputs.classes[label],
            "probability": row,
            "epoch": best.epoch,
            "also_in_training": str(name) in inputs.seen_ids,
        }
        for name, label, row in zip(
            inputs.validation_ids, inputs.validation_labels, probabilities, strict=True
        )
    ]
    store.write_table(Paths().prediction(signature), table(PREDICTIONS, rows))
    store.write_bytes(Paths().weight(signature), safetensors.numpy.save(weights))


def _row(run: TrainingRun, number: int, status: str) -> dict[str, Any]:
    best, n = run.best, len(run.inputs.validation_labels)
    if best is None:
        raise RuntimeError("the trial has no best epoch")
    low, high = metrics.interval(round(best.validation_accuracy * n), n)
    flat = {k: v for k, v in best.to_flat().items() if k in TRIALS.names}
    return (
        run.config.to_flat()
        | flat
        | {
            "trial": run.config.signature(),
            "number": number,
            "status": status,
            "epochs_trained": len(run.history),
            "best_epoch": best.epoch,
            "validation_n": n,
            "validation_accuracy_low": low,
            "validation_accuracy_high": high,
            "parameters": run.parameters,
            "verdict": "undecided",
        }
    )


MORE_THAN_A_PART = (CheckWeights, ExportEnsemble)
"""Tasks that read, or leave, files which the name of their part says nothing of."""


class InProcessRunner:
    """`TaskRunner` in this process: does every task whose part is missing, and remembers which.

    The name of a part says all that its content depends on. So what a task left in one copy of a
    sweep's folder is what it would leave in any other, and is computed once.

    Attributes:
        done: the tasks done, in order.
    """

    def __init__(self, store: Store, parts: MutableMapping[str, bytes] | None = None) -> None:
        """Of one folder.

        Args:
            store: the sweep's folder.
            parts: what tasks left in other copies of it, by name; added to. None: compute all.
        """
        self._store, self._worker = store, TaskWorker(TaskContext(store.root, threads=1))
        self._parts: MutableMapping[str, bytes] = {} if parts is None else parts
        self.done: list[Task] = []

    def __call__(self, title: str, tasks: Sequence[Task]) -> dict[str, GivenUp]:
        """See `TaskRunner`."""
        failures: dict[str, GivenUp] = {}
        for task in tasks:
            if task.group in failures or self._store.exists(task.part):
                continue
            try:
                self._do(task)
                self.done.append(task)
            except BadInput as problem:
                failures[task.group] = GivenUp(str(problem), lasting=True)
        return failures

    def _do(self, task: Task) -> None:
        if task.part in self._parts:
            self._store.write_bytes(task.part, self._parts[task.part])
            return
        self._worker.do(task)
        if not isinstance(task, MORE_THAN_A_PART):
            self._parts[task.part] = self._store.read_bytes(task.part)


def postprocessing(
    store: Store, parts: MutableMapping[str, bytes] | None = None, **changes: Any
) -> tuple[Postprocessing, InProcessRunner]:
    """A post-processing of a sweep's folder, in this process; `parts`: see `InProcessRunner`."""
    runner = InProcessRunner(store, parts)
    usual = PostprocessRequest(methods=("gradcam", "gradient"), explain=14)
    request = dataclasses.replace(usual, **changes)
    return Postprocessing(SweepFolder(store), request, runner), runner


def interrupt(one: Postprocessing, kind: type[Task]) -> None:
    """Post-process as far as the first task of a kind."""
    work = one.runner

    def interrupted(title: str, tasks: Sequence[Task]) -> Mapping[str, GivenUp]:
        if any(isinstance(task, kind) for task in tasks):
            raise KeyboardInterrupt
        return work(title, tasks)

    one.runner = interrupted
    try:
        postprocess(one)
    except KeyboardInterrupt:
        return
    raise AssertionError(f"there was no {kind.__name__} to do")
