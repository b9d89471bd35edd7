"""TensorBoard runs of configurations over seeds: the mean, and the ends of its interval.

Each is a run of its own with the tags of the trials' curves, so that it lies over them.
"""

import math
from pathlib import Path

from analysis.repeats.bands import bands
from analysis.report.sweep_contents import SweepContents
from orchestrator.monitor import event_files
from orchestrator.monitor.tensorboard import TAGS

COLUMNS = ("validation_accuracy", "validation_loss")

ENDS = {"mean": "value", "low": "low", "high": "high"}
"""Last part of a run's name -> which number of a point it has."""


def write(folder: Path, contents: SweepContents) -> None:
    """A folder for each configuration, with a run for its mean and one for either end.

    Args:
        folder: of the run that these stand below; fresh.
        contents: of the sweep; without `groups.parquet` nothing is written.
    """
    groups, epochs = contents.table("groups"), contents.table("epochs")
    for column in COLUMNS:
        for band in bands(groups, epochs, column):
            name = f"seeds {band.place} {band.name}".replace("/", " or ")
            for end, number in ENDS.items():
                events = [
                    event_files.event(event_files.scalar(TAGS[column], value), step=point.epoch)
                    for point in band.points
                    if math.isfinite(value := getattr(point, number))
                ]
                event_files.append(event_files.new(folder / name / end), *events)
