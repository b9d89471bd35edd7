import math

import pandas as pd
import pytest

from analysis import wording

MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"


@pytest.mark.parametrize(
    ("text", "pieces"),
    [("a `b` c", ["a ", "b", " c"]), ("a ` b", ["a ` b"]), ("``", ["``"]), ("", [""])],
)
def test_what_stands_between_backticks_is_every_second_piece(text, pieces):
    assert wording.spans(text) == pieces


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (wording.interval(0.63459, 0.6188, 0.6512), "0.635 [0.619, 0.651]"),
        (wording.interval(0.63459, None, 0.6512), "0.635"),
        (wording.interval(math.nan, 0.1, 0.2), DASH),
        (wording.interval(0.0121, -0.0004, 0.024, sign=True), "+0.012 [0.000, +0.024]"),
        (wording.signed(-0.0125), f"{MINUS}0.013"),
        (wording.around(0.235, 0.0071), "0.235 \N{PLUS-MINUS SIGN}0.007"),
        (wording.count(3589), "3,589"),
        (wording.count(pd.NA), DASH),
        (wording.short(0.0031172), "0.00312"),
        (wording.short(48000.0), "48,000"),
        (wording.chance(0.0324), "p = 0.032"),
        (wording.chance(1e-9), "p < 0.001"),
        (wording.chance(None), f"p = {DASH}"),
        (wording.duration(4.25), "4 s"),
        (wording.duration(42.4), "42 s"),
        (wording.duration(725), "12 min 5 s"),
        (wording.duration(12000), "3 h 20 min"),
        (wording.size(0), "0 kB"),
        (wording.size(310_400), "310 kB"),
        (wording.size(4_240_000), "4.2 MB"),
        (wording.sentence(" so it is "), "so it is."),
        (wording.sentence("Why?"), "Why?"),
        (wording.enumeration([]), ""),
        (wording.enumeration(["a"]), "a"),
        (wording.enumeration(["a", "b", "c"]), "a, b and c"),
        (wording.text(None), DASH),
    ],
)
def test_wording(made, expected):
    assert made == expected


def test_a_moment_is_written_to_the_minute_with_its_zone():
    assert wording.moment("2026-11-28T05:09:41+00:00") == "2026-11-28 05:09 UTC"
    assert wording.moment("2026-11-28T05:09:41") == "2026-11-28 05:09"
    assert wording.moment("yesterday") == "yesterday"
    assert wording.moment(None) is None
