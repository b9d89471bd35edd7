import dataclasses

import pytest

from results.paths import Paths

PROPERTIES = [name for name, kind in vars(Paths).items() if isinstance(kind, property)]


def test_names_without_a_root_are_relative():
    assert Paths().trials == "trials.parquet"
    assert Paths().prediction("1a2b3c4d5e") == "predictions/1a2b3c4d5e.parquet"


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        ("runs/first", "runs/first/weights/x.safetensors"),
        ("/runs/first/", "/runs/first/weights/x.safetensors"),
        ("/", "/weights/x.safetensors"),
        ("s3://bucket/first", "s3://bucket/first/weights/x.safetensors"),
    ],
)
def test_names_below_a_root(root, expected):
    assert Paths(root).weight("x") == expected


def test_files_stand_in_their_folders():
    paths = Paths("r")
    assert paths.prediction("x").startswith(f"{paths.predictions}/")
    assert paths.weight("x").startswith(f"{paths.weights}/")
    assert paths.checkpoint("x") == f"{paths.checkpoints}/x"


def test_no_two_names_are_the_same():
    names = [getattr(Paths(), name) for name in PROPERTIES]
    assert len(names) == 34
    assert len(set(names)) == len(names)


def test_paths_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Paths("r").root = "s"  # type: ignore[misc]
