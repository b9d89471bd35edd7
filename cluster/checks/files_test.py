import pytest

from cluster.checks.files import REPOSITORY, Pins, Unreadable, at, described, texts

PINS = Pins.of()


def test_outside_of_the_repository_the_pins_are_missed(tmp_path):
    with pytest.raises(Unreadable, match="not there; run this in the repository"):
        Pins.of(tmp_path)
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster" / "constraints.txt").write_text("numpy==2.4.6\n")
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = ['numpy']\n")
    with pytest.raises(Unreadable, match="a line for ray in each"):
        Pins.of(tmp_path)


def test_pins_are_those_of_the_two_files():
    assert f"\nray=={PINS.ray}\n" in (REPOSITORY / "cluster" / "constraints.txt").read_text()
    assert PINS.ray in PINS.allowed


def test_lines_of_places_and_of_what_stands_around_them():
    description = described("kind: A\napiVersion: v1\nspec:\n  sizes: [1,\n    2]\n", "", PINS)
    assert description.family == "kuberay"
    assert description.line((0, "spec", "sizes")) == 4
    assert description.line((0, "spec", "sizes", 1)) == 5
    assert description.line((0, "spec", "absent", "deeper")) == 3
    assert description.line(()) == 0


def test_what_stands_at_a_place_or_nothing():
    thing = {"a": [{"b": 1}]}
    assert at(thing, "a", 0, "b") == 1
    assert at(thing, "a", 1, "b") is None
    assert at(thing, "a", "b", default={}) == {}
    assert list(texts({"a": ["x", 1], "b": "y"}, (0,))) == [((0, "a", 0), "x"), ((0, "b"), "y")]
