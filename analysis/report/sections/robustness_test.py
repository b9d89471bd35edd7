import pytest

from analysis.report.conftest import SWEEP, write
from analysis.report.page import render
from analysis.report.sections.robustness import NOBODY, NOT_TRIED, robustness_section
from analysis.report.sweep_contents import read


def row(who, accuracy, **more):
    base = {"who": who, "preprocessing": None if who == "ensemble" else "clahe", "n": 100}
    ends = {"low": accuracy - 0.05, "high": accuracy + 0.05, "accuracy": accuracy}
    return base | ends | {"split": "test", "corruption": "none", "level": 0} | more


def plain(who, accuracy):
    strata = [
        row(who, accuracy, by="brightness", group=group, covered=1.0)
        | {"standardised": value, "standardised_low": value - 0.1, "standardised_high": value + 0.1}
        for group, value in (("below 80", 0.3), ("80 to 120", 0.6), ("120 and more", 0.55))
    ]
    classes = [
        row(who, value, by="class", group=name) for name, value in (("sad", 0.25), ("happy", 0.875))
    ]
    return [row(who, accuracy, by="all", group="all"), *classes, *strata]


def damaged(who, start):
    return [
        row(who, start - cost * level, by=by, group=group, corruption=name, level=level)
        | {"amount": 0.1 * level, "unit": "of it", "lost": cost * level}
        | {"lost_low": cost * level - 0.01, "lost_high": cost * level + 0.01}
        for name, cost in (("blur", 0.01), ("noise", 0.1))
        for level in range(1, 6)
        for by, group in (("all", "all"), ("class", "sad"))
    ]


@pytest.fixture
def contents(empty):
    """Reads a sweep with these rows."""

    def made(*rows):
        empty.write_json("sweep.json", SWEEP)
        write(empty, "robustness", [each for part in rows for each in part])
        return read(empty)

    return made


def parts(section):
    return {part.title: part.blocks for part in section.parts}


def test_what_is_lost_most_and_least_which_net_holds_and_where_light_counts(contents, empty):
    (section,) = robustness_section(
        contents(
            plain("ensemble", 0.7),
            plain("aaa", 0.6),
            damaged("ensemble", 0.7),
            damaged("aaa", 0.6),
        )
    )
    made = parts(section)
    assert made[""][0].words == NOBODY
    words, chart, strengths, members = made["Under corruptions"]
    assert "loses least to blur (\N{MINUS SIGN}0.030 on average) and most to noise" in words.words
    assert chart.svg.count("<svg") == 2
    assert chart.svg.count("curve best") == chart.svg.count("curve second") == 2
    noise = strengths.rows[1]
    assert noise[:6] == ("noise", "0.600", "0.500", "0.400", "0.300", "0.200")
    m = "\N{MINUS SIGN}"
    assert noise[6] == f"{m}0.300 [{m}0.310, {m}0.290]"
    assert members.heads == ("who", "as they are", "blur", "noise", "mean")
    assert members.rows[1] == ("aaa (clahe)", "0.600", "0.570", "0.300", "0.435")
    sentence, light, *_ = made["By light"]
    assert "by brightness 0.300 between below 80 and 80 to 120 (their intervals do not" in (
        sentence.words
    )
    assert light.svg.count('class="whisker"') == 3
    (classes,) = made["By class"]
    assert classes.rows[0][:3] == ("happy", "100", "0.875 [0.825, 0.925]")
    assert "from best to worst 0.625" in classes.caption
    assert "Robustness and bias" in render(empty)


def test_without_corruptions_the_command_that_tries_them_is_named(contents):
    (section,) = robustness_section(contents(plain("ensemble", 0.7)))
    (absent,) = parts(section)["Under corruptions"]
    assert absent.words == NOT_TRIED
    (classes,) = parts(section)["By class"]
    assert classes.heads == ("class", "n", "recall")


def test_nothing_measured_nothing_said(contents):
    assert robustness_section(contents()) == ()
