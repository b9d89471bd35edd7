import numpy as np
import pytest

from analysis.pictures.canvas.lettering import (
    ELLIPSIS,
    WRONG,
    Line,
    elided,
    leading,
    measured,
    paragraph,
    printable,
    wrapped,
    written,
)


@pytest.mark.parametrize(
    ("given", "drawn"),
    [
        ("fear", "fear"),
        ("<b>a|b&c</b>", "<b>a|b&c</b>"),
        ("two\nlines\t", "two lines "),
        ("été \N{CHECK MARK}", "été \N{CHECK MARK}"),
        ("怒", "U+6012"),
        ("\udc80", "U+DC80"),
        ("", "(no name)"),
        (" \n", "(no name)"),
    ],
)
def test_any_text_is_made_printable(given, drawn):
    assert printable(given) == drawn


def test_a_text_that_fits_is_left_alone():
    assert elided("happy", 100) == "happy"


def test_a_long_text_loses_its_middle_and_keeps_both_ends():
    short = elided("training/angry/of-some-person-0123.jpg", 120)
    assert short.startswith("train")
    assert short.endswith("3.jpg")
    assert ELLIPSIS in short
    assert measured(short, 14) <= 120


@pytest.mark.parametrize("width", [60, 100, 200])
def test_elided_text_fills_its_place(width):
    text = "abcdefghij" * 20
    assert width - 25 < measured(elided(text, width), 14) <= width


def test_lines_are_broken_between_words_and_lose_none():
    text = "each map is divided by its own largest value"
    lines = wrapped(text, 120)
    assert len(lines) > 2
    assert " ".join(lines) == text
    assert all(measured(line, 14) <= 120 for line in lines)


def test_writing_is_as_high_as_its_lines_and_uses_their_colour():
    image = written([Line("one", 10), Line(size=20), Line("three", 30, colour=WRONG)], 200)
    assert image.size == (200, leading(10) + leading(20) + leading(30))
    pixels = np.asarray(image)
    assert (pixels[leading(10) : leading(10) + leading(20)] == 255).all()
    assert (pixels[-leading(30) :] == WRONG).all(axis=-1).any()


def test_a_paragraph_grows_downwards():
    assert paragraph(Line("word " * 40), 200).height > paragraph(Line("word " * 4), 200).height
