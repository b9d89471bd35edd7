"""The name of a part holds all that its content depends on."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from analysis.pipeline.task import Task


@dataclass(frozen=True)
class Count(Task):
    """A kind for this test."""

    kind = "count"

    upwards: bool = True


COUNT = Count("abc", "digest", "test", np.arange(3))


def test_a_part_is_named_by_kind_and_trial():
    assert COUNT.part.rpartition("/")[2].startswith("count-abc-")
    assert COUNT.part.endswith(".parquet")
    assert COUNT.group == "abc"


@pytest.mark.parametrize(
    "change",
    [
        {"trial": "abd"},
        {"model": "other"},
        {"split": "validation"},
        {"rows": np.arange(4)},
        {"rows": np.arange(3, dtype=np.int32)},
        {"upwards": False},
    ],
)
def test_whatever_changes_the_content_changes_the_name(change):
    assert replace(COUNT, **change).part != COUNT.part
    assert replace(COUNT, rows=np.arange(3)).part == COUNT.part
