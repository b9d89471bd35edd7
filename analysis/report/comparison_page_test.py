"""The page of two made-up sweeps, read back: each net is wrong at chosen ones of 14 images."""

import base64
import re

import pytest

from analysis.comparison.sweep_pair import sweep_pair
from analysis.comparison.testing import MadeUpFolder, wrong_at
from analysis.report.comparison_page import render
from analysis.report.page_test import ELEMENTS, Tree
from analysis.sweep_folder import SweepFolder
from orchestrator.data.cache.open_faces import open_faces

pytestmark = pytest.mark.long

FIRST_WRONG, SECOND_WRONG = range(9), (8, 9)
"""Only the second is right on 8 images, only the first on 1; both on 4, neither on 1."""

HOSTILE = """<img src=x onerror=alert(1)> "q" & 'r'"""


@pytest.fixture(scope="module")
def splits(tmp_path_factory):
    return open_faces(None, embedded=140, cache=tmp_path_factory.mktemp("cache"))


def two(tmp_path, splits, names=("a", "b"), first=None, second=None):
    """Their folders: each with a trial of its own and one that both trained."""
    one = MadeUpFolder(tmp_path / names[0], splits, **(first or {}))
    one.add("0a", wrong_at(splits, FIRST_WRONG), (0.25, 0.357), learning_rate=0.1)
    one.add("0c", wrong_at(splits, range(10)), learning_rate=0.2)
    one.ensemble(wrong_at(splits, (3,)))
    other = MadeUpFolder(tmp_path / names[1], splits, **(second or {}))
    other.add("0b", wrong_at(splits, SECOND_WRONG), (0.5, 0.75, 0.857), learning_rate=0.01)
    other.add("0c", wrong_at(splits, range(9)), learning_rate=0.2)
    other.ensemble(wrong_at(splits, (4,)))
    return sweep_pair(*(SweepFolder(each.written()) for each in (one, other)))


@pytest.fixture
def pair(tmp_path, splits):
    return two(tmp_path, splits, second={"commit": "decaf", "question": "Why?"})


@pytest.fixture
def source(pair, splits):
    return render(pair, splits)


def rows_of(source, caption):
    """Cells of the table whose caption begins so."""
    table = re.search(
        rf'<table aria-label="{re.escape(caption)}.*?<tbody>(.*?)</tbody>', source, re.DOTALL
    )
    rows = re.findall(r"<tr.*?>(.*?)</tr>", table[1], re.DOTALL)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]


def test_the_first_screen_says_which_is_better_what_differs_and_what_agrees(source):
    header = re.search("<header.*?</header>", source, re.DOTALL)[0]
    text = Tree(header).text()
    assert "a: Which?" in text
    assert "b: Why?" in text
    assert (
        "On the same 14 validation images the best single model of b is more accurate than that "
        "of a: 0.857 against 0.357, a difference of +0.500 ["
    ) in text
    assert "(McNemar's p = 0.039; only a is right on 1, only b on 8)." in text
    assert "the ensembles of a and b cannot be told apart: accuracy 0.929 and 0.929" in text
    assert "Settings (learning rate), question and code (commit). The same in both: " in text
    assert "validation accuracy 0.286 in a, 0.357 in b." in text


def test_the_tables_have_the_computed_numbers(source, pair):
    single, _ = pair.pairings
    (row, ensembles) = rows_of(source, "Both on the same images")
    low, high = (f"{end:+.3f}" for end in (single.low, single.high))
    assert row == [
        *("best single model", "validation", "14", "0.357 [0.163, 0.612]", "0.857 [0.601, 0.960]"),
        *(f"+0.500 [{low}, {high}]", "0.039", "1", "8", "4", "1"),
    ]
    assert ensembles[7:] == ["1", "1", "12", "0"]
    by_class = rows_of(source, "The same by true class: best single model")
    assert [row[1] for row in by_class] == ["2"] * 7
    assert sum(int(row[6]) for row in by_class) == 1
    assert sum(int(row[7]) for row in by_class) == 8
    assert rows_of(source, "Validation accuracy of 1 trials")[0][1:] == [
        *("0.286", "0.357", "+0.071", "0c"),
    ]
    assert ["commit", "c0ffee", "decaf", "code"] in rows_of(source, "What is on record")


def test_faces_on_which_one_is_right_stand_with_what_both_said(source, splits):
    tree = Tree(source)
    assert len(tree.of("use")) == (1 + 8) + (1 + 1)  # of the single nets, of the ensembles
    assert len({a["href"] for a in tree.of("use")}) == len(tree.of("image")) == 9
    image, label = str(splits.validation.ids[9]), splits.classes[splits.validation.labels[9]]
    wrong = splits.classes[(splits.validation.labels[9] + 1) % 7]
    assert f"image {image}" in tree.text()
    assert f"true: {label}\na: {label} 0.75\nb: {wrong} 0.75" in tree.text()
    assert "8 images, those first of which a was surest." in tree.text()


def test_without_the_data_the_images_are_named_and_it_says_why(pair, splits):
    source = render(pair, None, "the data set has gone")
    assert "The faces cannot be shown: the data set has gone" in Tree(source).text()
    assert "<use " not in source
    (row,) = rows_of(source, "a right, b wrong")
    label = splits.classes[splits.validation.labels[9]]
    assert row[:3] == [str(splits.validation.ids[9]), label, f"{label} 0.75"]


def test_both_best_are_drawn_over_each_other(source):
    tree = Tree(source)
    lines = [a["class"] for a in tree.of("polyline")]
    assert {"curve best", "curve best stopped"} <= {*lines}
    assert {"curve best second", "curve best second stopped"} <= {*lines}
    twice = 2 * ["0a", "0a", "0b", "0b"]  # the second drawing is for narrow screens
    assert [a["data-trial"] for a in tree.of("g")] == twice
    assert "a, validation: accuracy 0.357 after epoch 2" in tree.text()


def test_sweeps_on_different_data_are_not_paired_which_is_said_first(tmp_path, splits):
    data = {"path": "x.csv", "embedded": None, "seed": None, "digest": "0" * 64}
    data["classes"] = list(splits.classes)
    pair = two(tmp_path, splits, second={"data": data})
    source = render(pair, None, "the two were made on different data sets.")
    tree = Tree(source)
    assert tree.of("p")[0] == {"class": "warning"}
    warning = next(words for tag, words in tree.texts if tag == "p")
    assert warning.startswith("a and b cannot be held against each other: the two were made on")
    assert source.index(warning) < source.index("The best of 2 trials is")
    assert "<use " not in source
    assert "McNemar's p = " not in source


def test_text_from_files_stays_text(tmp_path, splits):
    data = {"path": "embedded faces (140)", "embedded": 140, "seed": 0, "digest": splits.digest}
    data["classes"] = [f"{HOSTILE} {i}" for i in range(7)]
    hostile = {"data": data, "question": HOSTILE, "commit": HOSTILE}
    names = ("<b onclick=alert(2)>", "</title><script>alert(3)<")
    source = render(two(tmp_path, splits, names, hostile, hostile | {"commit": "d"}), splits)
    tree = Tree(source)
    assert tree.open == []
    assert {tag for tag, _ in tree.elements} <= ELEMENTS - {"img"} | {"b"}
    assert [tag for tag, _ in tree.elements].count("script") == 1
    assert not [name for _, a in tree.elements for name in a if name.startswith("on")]
    assert names[0] in tree.text()
    assert HOSTILE in tree.text()


def test_the_page_shows_no_path_of_the_disk(tmp_path, splits):
    place = tmp_path / "telling folder" / "results"
    command = f"python -m orchestrator.sweep --results '{place}'"
    source = render(two(place, splits, first={"command": command}), splits)
    assert "telling" not in source
    assert str(tmp_path) not in source
    assert "python -m jobs.compare '\u2026/a' '\u2026/b'" in Tree(source).text()


def test_a_sweep_and_another_of_its_name_are_told_apart(tmp_path, splits):
    pair = two(tmp_path, splits, ("x/q", "y/q"))
    assert pair.names == ("q (first)", "q (second)")


def test_nothing_is_fetched(source):
    tree = Tree(source)
    assert all(a["href"].startswith(("#", "data:")) for _, a in tree.elements if "href" in a)
    assert all(base64.b64decode(a["href"].partition(",")[2]) for a in tree.of("image"))
