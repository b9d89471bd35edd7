"""What a user decides about how a data set is read, where it can be read in more than one way."""

from dataclasses import dataclass

BY_NAME = "name"
BY_FOLDER = "folder"
SPLIT_BY = (BY_NAME, BY_FOLDER)
"""What gives an image's split where its file's name (Training_1.png) and its folder disagree."""


@dataclass(frozen=True)
class Reading:
    """How a data set is read.

    Attributes:
        split_by: of `SPLIT_BY`.
    """

    split_by: str = BY_NAME

    @property
    def key(self) -> str:
        """Tells readings apart; empty for the usual one, so that what was cached stays known."""
        return "" if self == USUAL else f" {self}"


USUAL = Reading()
"""Where nothing was said."""
