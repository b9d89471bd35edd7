import numpy as np

from analysis.figures.style import STATUSES, numbered, shown, whiskers
from results import statuses


def test_long_names_are_cut_in_their_middle():
    assert shown("abcdefghij", 7) == "abcd…ij"
    assert shown("a\n b") == "a b"
    assert shown("$a$") == r"\$a\$"


def test_whiskers_are_lengths_and_none_where_an_end_is_unknown():
    lengths = whiskers([0.5, 0.5], [0.4, np.nan], [0.7, 0.4])
    np.testing.assert_allclose(lengths, [[0.1, 0], [0.2, 0]], atol=1e-12)


def test_what_the_font_lacks_has_a_number_and_the_legend_says_for_what():
    with numbered() as numbers:
        assert shown("愤怒") == "[1]"
        assert shown("5 悲伤 (b)") == "5 [2] (b)"
        assert shown("愤怒") == "[1]"
        assert shown("überrascht Ω") == "überrascht Ω"
    assert numbers.legend == "Numbers stand for what the chart's font lacks: [1] 愤怒, [2] 悲伤."


def test_every_figure_counts_from_one_and_most_lack_nothing():
    with numbered():
        assert shown("愤怒") == "[1]"
    with numbered() as numbers:
        assert shown("plain") == "plain"
        assert numbers.legend == ""
        assert shown("悲伤") == "[1]"
    assert shown("悲伤") == "[1]"


def test_every_status_has_a_look_of_its_own():
    assert set(STATUSES) == set(statuses.STATUSES)
    assert len(set(STATUSES.values())) == len(STATUSES)
