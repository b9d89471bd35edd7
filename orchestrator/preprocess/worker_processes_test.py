"""Several processes give what one gives, and leave with the iteration."""

import sys

import numpy as np
import psutil
import pytest

from orchestrator.preprocess import VARIANTS
from orchestrator.preprocess.worker_processes import in_processes

CHUNKS = [slice(0, 3), slice(3, 6), slice(6, 9)]


def helpers():
    return [p for p in psutil.Process().children() if "answer" in " ".join(p.cmdline())]


def test_chunks_come_in_order_and_equal_one_process(faces):
    blocks = list(in_processes("gamma", faces, CHUNKS, workers=2))
    assert [len(block) for block in blocks] == [3, 3, 1]
    expected = VARIANTS["gamma"](faces).astype(np.float16)
    np.testing.assert_array_equal(np.concatenate(blocks), expected)
    assert helpers() == []


def test_stopping_early_ends_the_processes(faces):
    blocks = in_processes("gamma", faces, CHUNKS, workers=1)
    next(blocks)
    assert len(helpers()) == 1
    blocks.close()
    assert helpers() == []


@pytest.mark.faults
def test_a_killed_process_is_an_error_not_a_gap(faces):
    many = np.tile(faces, (200, 1, 1))
    chunks = [slice(start, start + 70) for start in range(0, 1400, 70)]
    blocks = in_processes("clahe", many, chunks, workers=1)
    next(blocks)
    helpers()[0].kill()
    with pytest.raises(RuntimeError, match="stopped in mid-work"):
        list(blocks)
    assert helpers() == []


def test_the_callers_main_module_is_not_imported_again(faces, monkeypatch):
    monkeypatch.setattr(sys.modules["__main__"], "__file__", "/nowhere/script.py", raising=False)
    assert len(list(in_processes("plain", faces, CHUNKS[:1], workers=1))) == 1
