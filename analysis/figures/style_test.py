import numpy as np

from analysis.figures.style import shown, whiskers


def test_long_names_are_cut_in_their_middle():
    assert shown("abcdefghij", 7) == "abcd…ij"
    assert shown("a\n b") == "a b"
    assert shown("$a$") == r"\$a\$"


def test_whiskers_are_lengths_and_none_where_an_end_is_unknown():
    lengths = whiskers([0.5, 0.5], [0.4, np.nan], [0.7, 0.4])
    np.testing.assert_allclose(lengths, [[0.1, 0], [0.2, 0]], atol=1e-12)
