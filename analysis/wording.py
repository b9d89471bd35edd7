"""How numbers are written for a reader: rounded, with interval, count and unit."""

import math
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from orchestrator.process.duration import duration as in_words

NONE, TIMES, MINUS = "\N{EN DASH}", "\N{MULTIPLICATION SIGN}", "\N{MINUS SIGN}"
"""What stands where there is no number; and two signs that are not letters or hyphens."""


def missing(value: Any) -> bool:
    """Whether a table's cell is empty: None, null or NaN."""
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def text(value: Any) -> str:
    """A cell as it is, or a dash."""
    return NONE if missing(value) else str(value)


def share(value: Any, digits: int = 3) -> str:
    """A real number with fixed digits: 0.635."""
    return NONE if missing(value) else f"{float(value):.{digits}f}"


def signed(value: Any, digits: int = 3) -> str:
    """A difference: +0.012 or −0.012, the minus sign as long as the plus."""
    if missing(value):
        return NONE
    rounded = round(float(value), digits)
    return f"{rounded:+.{digits}f}".replace("-", MINUS) if rounded else share(0.0, digits)


def interval(value: Any, low: Any, high: Any, sign: bool = False) -> str:
    """A number with its 95 % interval: 0.635 [0.619, 0.651]; alone where there is none."""
    form = signed if sign else share
    if missing(value) or missing(low) or missing(high):
        return form(value)
    return f"{form(value)} [{form(low)}, {form(high)}]"


def around(value: Any, half: Any) -> str:
    """A number with half of its symmetric 95 % interval: 0.235 ±0.007."""
    return share(value) if missing(half) else f"{share(value)} \N{PLUS-MINUS SIGN}{share(half)}"


def count(value: Any) -> str:
    """A whole number: 3,589."""
    return NONE if missing(value) else f"{round(float(value)):,}"


def short(value: Any) -> str:
    """A number of unknown size, in three digits: 0.00312, 1.25, 48,000."""
    if missing(value):
        return NONE
    number = float(value)
    return count(number) if abs(number) >= 1000 else f"{number:.3g}"


def chance(value: Any) -> str:
    """A p value: p = 0.032, p < 0.001."""
    if missing(value):
        return f"p = {NONE}"
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def duration(seconds: Any) -> str:
    """Seconds as people say them: 42 s, 12 min 5 s, 3 h 20 min."""
    return NONE if missing(seconds) else in_words(float(seconds))


def moment(value: Any) -> str | None:
    """A time in ISO 8601 to the minute: "2026-11-28 05:09 UTC"; what is no time stays as it is."""
    if not value:
        return None
    try:
        time = datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    zone = f" {time.tzname()}" if time.tzinfo else ""
    return f"{time:%Y-%m-%d %H:%M}{zone}"


def size(count_of_bytes: int) -> str:
    """Bytes in the unit that suits: 310 kB, 4.2 MB."""
    if count_of_bytes < 1_000_000:
        return f"{max(1, round(count_of_bytes / 1000))} kB" if count_of_bytes else "0 kB"
    return f"{count_of_bytes / 1_000_000:.1f} MB"


def sentence(value: str) -> str:
    """A text that ends as a sentence does."""
    value = value.strip()
    return value if not value or value.endswith((".", "!", "?")) else f"{value}."


def joined(values: Any) -> str:
    """A list's items with commas between; anything else as `text` has it."""
    return ", ".join(map(str, values)) if isinstance(values, list) else text(values)


def spans(value: str) -> list[str]:
    """A text in pieces, of which every second stood between backticks; a lone one stays."""
    return re.split(r"`([^`]+)`", value)


def enumeration(words: Sequence[str]) -> str:
    """A, b and c."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
