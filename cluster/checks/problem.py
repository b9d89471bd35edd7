"""One thing that is wrong with a cluster description."""

from dataclasses import dataclass

Place = tuple[str | int, ...]
"""Document number in the file, then keys and positions: (1, "spec", "workerGroupSpecs", 0)."""


@dataclass(frozen=True)
class Problem:
    """What stands where, and what to do.

    Attributes:
        place: in the file; empty for the whole of it.
        actual: what stands there, in words, or the value itself.
        expected: what would be right.
        remedy: what to do, beginning with a verb; empty where `expected` says it.
    """

    place: Place
    actual: str
    expected: str
    remedy: str = ""

    def sentence(self, file: str, line: int) -> str:
        """One line: file, place, found, expected, what to do."""
        where = f"{file}:{line}" if line else file
        inside = f" {spoken(self.place)}:" if spoken(self.place) else ""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{where}:{inside} found {self.actual}, expected {self.expected}{remedy}"


def spoken(place: Place) -> str:
    """The place as people write it, without the document's number: spec.workerGroupSpecs[0]."""
    text = ""
    for part in place[1:]:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def shown(value: object) -> str:
    """A value as a problem quotes it, cut where it is long."""
    if value is None:
        return "nothing"
    text = (
        f'"{value}"'
        if isinstance(value, str)
        else str(value).lower()
        if isinstance(value, bool)
        else str(value)
    )
    return text if len(text) <= 80 else f"{text[:77]}..."
