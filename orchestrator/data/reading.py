"""What a user decides about how a data set is read, where it can be read in more than one way."""

from dataclasses import dataclass
from pathlib import Path

from orchestrator.data.containers.container import readable

BY_NAME = "name"
BY_FOLDER = "folder"
SPLIT_BY = (BY_NAME, BY_FOLDER)
"""What gives an image's split where its file's name (Training_1.png) and its folder disagree."""


@dataclass(frozen=True)
class Reading:
    """How a data set is read.

    Attributes:
        split_by: of `SPLIT_BY`.
        labels: path of a table that labels the images; empty where folders or a table beside
            them do.
    """

    split_by: str = BY_NAME
    labels: str = ""

    @classmethod
    def of(cls, split_by: str, labels: str | None) -> "Reading":
        """As the flags --split-by and --labels ask for it; the table's path from the root."""
        path = str(Path(labels).expanduser().absolute()) if labels else ""
        return cls(split_by, path)

    @property
    def key(self) -> str:
        """Tells readings apart; empty for the usual one, so that what was cached stays known."""
        return "" if self == USUAL else f" {self}"

    def mark(self) -> str:
        """Changes whenever the table of labels does, as `index.stamp` of a data file.

        Raises:
            BadInput: when it cannot be read.
        """
        if not self.labels:
            return ""
        status = readable(Path(self.labels), LABELS)
        times = f"{status.st_mtime_ns} {status.st_ctime_ns}"
        return f" {status.st_size} {times} {status.st_ino}"


LABELS = "--labels an existing table, e.g. a CSV with columns image and emotion"
"""What to give where there is no such table."""

USUAL = Reading()
"""Where nothing was said."""
