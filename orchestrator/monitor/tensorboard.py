"""The only writer of TensorBoard: curves, the HParams table, sample images, notes.

It runs in the driver, so neither it nor `event_files` may load TensorFlow, which the writers that
`tensorboard` brings do where it is installed.
"""

import io
import math
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorboard.plugins.hparams import api_pb2
from tensorboard.plugins.hparams.plugin_data_pb2 import (
    HParamsPluginData,
    SessionEndInfo,
    SessionStartInfo,
)
from tensorboardX.proto.summary_pb2 import Summary

from orchestrator.monitor import event_files
from orchestrator.monitor.montage import montage
from results.settings import SETTINGS
from results.varied import value_in_force

TAGS = {
    "validation_accuracy": "accuracy/validation",
    "validation_macro_f1": "macro_f1/validation",
    "validation_loss": "loss/validation",
    "train_accuracy": "accuracy/train",
    "train_loss": "loss/train",
    "validation_binary_accuracy": "binary_accuracy/validation",
    "validation_top2": "top2/validation",
    "validation_ece": "calibration_error/validation",
    "learning_rate": "learning_rate",
    "images_per_second": "images_per_second",
}
"""Column of `results.schema.EPOCHS` -> tag of its curve; one line adds one."""

SUMMARY = {
    "validation_accuracy": "trial/best_accuracy",
    "best_epoch": "trial/best_epoch",
    "epochs_trained": "trial/epochs",
}
"""Column of `results.schema.TRIALS` -> tag of the number that a trial has once it ended or waits.

The HParams table fills a column with a tag's last value, which of a curve is the last epoch's.
"""

OUTCOME = "trial/outcome"
"""Tag of how a trial ended, see `OUTCOMES`: columns of the table are numbers."""

OUTCOMES = {
    **{"completed": 1, "stopped_early": 1, "reused": 1},
    **{"paused": 0.5, "pruned": 0, "failed": -1},
}
"""Our status, of a trial that does not train -> `OUTCOME`; at least 1 in the table's filter:
finished.

The run's text `status` has our own word, and why.
"""

STATUSES = {
    "completed": api_pb2.STATUS_SUCCESS,
    "stopped_early": api_pb2.STATUS_SUCCESS,
    "pruned": api_pb2.STATUS_UNKNOWN,
    "reused": api_pb2.STATUS_SUCCESS,
    "failed": api_pb2.STATUS_FAILURE,
    "running": api_pb2.STATUS_RUNNING,
    "paused": api_pb2.STATUS_RUNNING,
}
"""Our status -> the HParams table's, which has no word for a trial that was given up."""

HEADINGS = {
    "trial/best_accuracy": "best accuracy",
    OUTCOME: "outcome (1 finished, 0.5 paused, 0 pruned, -1 failed)",
    "trial/best_epoch": "best epoch",
    "trial/epochs": "epochs trained",
    **{tag: f"{tag}, last epoch" for tag in TAGS.values()},
}
"""Tag -> heading of its column in the HParams table, which shows the first five unasked."""

CHARTS = {"accuracy": "accuracy/(train|validation)", "loss": "loss/(train|validation)"}
"""Title -> tags of a chart that has both, as a regular expression."""

SWEEP = "sweep"
"""Name of the sweep's own run; a trial's begins with its number, so the two cannot meet."""

END = ".end"
"""Ending of the event file that holds a trial's status and last numbers alone.

TensorBoard believes the first status of a run; so a trial that goes on must be able to lose its
old one, and records cannot be taken out of a file.
"""


@dataclass
class _Run:
    """Where a trial's curves go and how far they have got; `last` is None if that is unknown."""

    file: Path
    last: int | None


class TensorBoardRuns:
    """Event files of one sweep: one run a trial, and one, `sweep`, for the sweep.

    Called by one thread of one process. Opening it on the folder of an interrupted sweep continues
    that sweep's runs in new event files. Version 0.1.0 had the folder itself for the sweep's run
    (TensorBoard calls it "."), and it stays so where it wrote.

    Training and validation are two tags of a trial's run, not runs of their own as Keras has them:
    among many trials a chart of validation alone is what compares them, and a trial stays one line
    in the list of runs. The page of custom scalars has both in one chart (`CHARTS`).

    Args:
        folder: local; made if absent. `tensorboard --logdir FOLDER` shows it.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._root = Path(folder)
        own = self._root if event_files.of(self._root) else self._root / SWEEP
        self._file = event_files.new(own)
        self._runs: dict[str, _Run] = {}
        self._types: dict[str, int] = {}

    def start_sweep(self, varied: Mapping[str, Any]) -> None:
        """Declares the columns of the HParams table; call it once, before the first trial.

        TensorBoard shows no column that this does not declare, whatever trials bring later, and
        believes the first declaration in a folder; so a resumed sweep's is not written again.

        Args:
            varied: setting that differs among trials -> its domain: a sequence (the values), a
                mapping {"grid_search": values}, or an object with `categories` (values) or with
                `lower` and `upper` (an interval of reals), as Ray Tune's search-space words have;
                a scalar is the only value.
        """
        infos = [event_files.hparam_info(name, domain) for name, domain in varied.items()]
        self._types = {info.name: info.type for info in infos}
        if set(event_files.of(self._file.parent)) - {self._file}:
            return
        experiment = api_pb2.Experiment(
            hparam_infos=infos,
            metric_infos=[
                api_pb2.MetricInfo(name=api_pb2.MetricName(tag=tag), display_name=heading)
                for tag, heading in HEADINGS.items()
            ],
            time_created_secs=time.time(),
        )
        data = HParamsPluginData(version=0, experiment=experiment)
        event_files.append(
            self._file,
            event_files.event(
                event_files.hparams("_hparams_/experiment", data), event_files.charts(CHARTS)
            ),
        )

    def start_trial(self, trial: str, name: str, config: Mapping[str, Any]) -> None:
        """Makes the trial's run, so that it is in the HParams table before its first epoch.

        A trial that was started before, in this process or an earlier one, goes on: its old status
        is taken away, and an epoch that is reported again replaces the old one and all after it.

        Args:
            trial: its signature.
            name: of the run, e.g. "007-cnn5-lr0.01-1a2b3c4d5e"; the same after a resume.
            config: setting -> scalar. The table shows those that `start_sweep` declared, blank
                where a setting is not in force; the run's text `configuration` has them all.
        """
        folder = self._root / name
        old = event_files.of(folder)
        run = self._runs[trial] = _Run(event_files.new(folder), None if old else 0)
        for file in old:
            if file.name.endswith(END):
                file.unlink()
        if old:
            return
        start = SessionStartInfo(start_time_secs=time.time())
        for key, value in config.items():
            if key not in SETTINGS or value_in_force(key, config) is not None:
                event_files.set_value(start.hparams[key], self._as_declared(key, value))
        data = HParamsPluginData(version=0, session_start_info=start)
        lines = ["| parameter | value |", "|---|---|"]
        lines += [f"| {key} | {_in_cell(value)} |" for key, value in config.items()]
        event_files.append(
            run.file,
            event_files.restart(0),
            event_files.event(
                event_files.hparams("_hparams_/session_start_info", data),
                event_files.text("configuration", "\n".join(lines)),
            ),
        )

    def epoch(self, trial: str, row: Mapping[str, Any]) -> None:
        """Adds a point to each of the trial's curves.

        What is None or absent has no point. What is not finite has none either, for TensorBoard's
        table cannot sort it; the run's text `not_finite` says which it was, and when.

        Args:
            trial: its signature.
            row: "epoch" (from 1) and any keys of `TAGS`; other keys are ignored.

        Raises:
            KeyError: if the trial was not started.
        """
        run, step = self._runs[trial], int(row["epoch"])
        points = {TAGS[key]: float(row[key]) for key in TAGS if row.get(key) is not None}
        values = [event_files.scalar(t, v) for t, v in points.items() if math.isfinite(v)]
        odd = [f"{tag} was {value}" for tag, value in points.items() if not math.isfinite(value)]
        if odd:
            values.append(event_files.text("not_finite", f"epoch {step}: {', '.join(odd)}"))
        events = [event_files.event(*values, step=step)]
        if run.last is None or step <= run.last:
            events.insert(0, event_files.restart(step))
        event_files.append(run.file, *events)
        run.last = step

    def end_trial(
        self, trial: str, status: str, reason: str = "", row: Mapping[str, Any] | None = None
    ) -> None:
        """Gives the trial its status and the numbers that it has: it has ended, or waits at a rung.

        One that goes on from there is started again.

        Args:
            trial: its signature.
            status: a key of `STATUSES`.
            reason: one sentence, shown beside it.
            row: any keys of `SUMMARY`, as in its row of `trials.parquet`; other keys are ignored.

        Raises:
            KeyError: if the trial was not started, or the status is unknown.
        """
        run = self._runs.pop(trial)
        end = SessionEndInfo(status=STATUSES[status], end_time_secs=time.time())
        data = HParamsPluginData(version=0, session_end_info=end)
        points = {tag: (row or {}).get(column) for column, tag in SUMMARY.items()}
        points[OUTCOME] = OUTCOMES.get(status)
        event_files.append(
            run.file.with_name(run.file.name + END),
            event_files.event(
                event_files.hparams("_hparams_/session_end_info", data),
                event_files.text("status", f"**{status}** {reason}".strip()),
                *(event_files.scalar(tag, v) for tag, v in points.items() if v is not None),
                step=run.last or 0,
            ),
        )

    def images(
        self, tag: str, images: NDArray[np.generic], labels: Sequence[str] = (), step: int = 0
    ) -> None:
        """Shows pictures side by side, as one picture of the sweep's run.

        Args:
            tag: its name, e.g. "samples/clahe".
            images: (n, h, w) or (n, h, w, c) with c = 1 or 3; uint8, or real numbers, of which
                those outside [0, 1] are stretched: each picture's minimum to black, maximum to
                white.
            labels: n captions, or none.
            step: of the slider below the picture.

        Raises:
            ValueError: for another shape, or another number of labels.
        """
        picture = montage(images, labels)
        buffer = io.BytesIO()
        picture.save(buffer, format="PNG")
        content = Summary.Image(
            height=picture.height,
            width=picture.width,
            colorspace=3,
            encoded_image_string=buffer.getvalue(),
        )
        event_files.append(
            self._file, event_files.event(Summary.Value(tag=tag, image=content), step=step)
        )

    def text(self, tag: str, markdown: str, step: int = 0) -> None:
        """Shows a text of the sweep's run, e.g. the leaderboard; Markdown, tables included."""
        event_files.append(
            self._file, event_files.event(event_files.text(tag, markdown), step=step)
        )

    def close(self) -> None:
        """Forgets the trials: nothing is open or waiting to be written.

        Trials without an end stay as they are; to TensorBoard they have the status "unknown".
        """
        self._runs.clear()

    def _as_declared(self, name: str, value: Any) -> Any:
        return str(value) if self._types.get(name) == api_pb2.DATA_TYPE_STRING else value


def _in_cell(value: Any) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
