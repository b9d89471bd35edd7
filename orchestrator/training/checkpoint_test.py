import json

import numpy as np
import pytest

from orchestrator.training import checkpoint
from orchestrator.training.checkpoint import ARRAYS, FACTS

STATE = {
    "kernel": np.arange(6, dtype=np.float32).reshape(2, 3),
    "turned": np.arange(6, dtype=np.float32).reshape(2, 3).T,
    "rate": np.array(0.25, np.float32),
    "steps": np.array(7, np.int64),
    "seed": np.array([1, 2**32 - 1], np.uint32),
    "nothing": np.zeros((0, 4), np.float32),
}


def saved(folder, epoch=1):
    checkpoint.save(folder, STATE, {"epoch": epoch, "loss": float("nan"), "text": "ü"})
    return folder


def test_arrays_come_back_with_their_shapes_and_types(tmp_path):
    arrays, facts = checkpoint.load(saved(tmp_path))
    assert set(arrays) == set(STATE)
    for name, array in STATE.items():
        assert arrays[name].dtype == array.dtype
        assert arrays[name].shape == array.shape, name
        np.testing.assert_array_equal(arrays[name], array)
    assert facts["epoch"] == 1
    assert np.isnan(facts["loss"])
    assert facts["text"] == "ü"


def test_nothing_but_the_two_files_is_left(tmp_path):
    saved(saved(tmp_path), epoch=2)
    assert sorted(file.name for file in tmp_path.iterdir()) == [FACTS, ARRAYS]
    assert checkpoint.load(tmp_path)[1]["epoch"] == 2


def cut(file):
    file.write_bytes(file.read_bytes()[:-5])


def halve(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def lengthen(file):
    file.write_bytes(file.read_bytes() + b"\0")


def blank(file):
    """What a power cut leaves of a file that was renamed before its bytes reached the disk."""
    file.write_bytes(bytes(file.stat().st_size))


def flip(file):
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


def remove(file):
    file.unlink()


def empty(file):
    file.write_bytes(b"")


def garble(file):
    file.write_bytes(b"\xff\xfe\x00{")


def change_type(file):
    file.write_text("[1, 2]")


def forget(file):
    file.write_text(json.dumps({"epoch": 3}))


DAMAGES = [
    *[(ARRAYS, harm) for harm in (cut, halve, lengthen, blank, flip, remove, empty)],
    *[(FACTS, harm) for harm in (cut, halve, blank, remove, empty, garble, change_type, forget)],
]


@pytest.fixture(params=DAMAGES, ids=lambda damage: f"{damage[1].__name__}-{damage[0]}")
def damage(request):
    return request.param


def test_damaged_file_is_named(damage, tmp_path):
    name, harm = damage
    harm(saved(tmp_path) / name)
    with pytest.raises(ValueError, match=name.replace(".", r"\.")) as caught:
        checkpoint.load(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_newest_passes_over_what_is_damaged_for_the_one_before(damage, tmp_path, caplog):
    name, harm = damage
    folders = [saved(tmp_path / f"checkpoint_{i}", epoch) for i, epoch in enumerate((2, 5, 4))]
    harm(folders[1] / name)
    assert checkpoint.newest(folders)[1]["epoch"] == 4
    assert ("checkpoint_1" in caplog.text) == (checkpoint._epoch(folders[1]) >= 4)


def test_newest_goes_by_epoch_and_not_by_name(tmp_path):
    folders = [saved(tmp_path / name, epoch) for name, epoch in (("b", 3), ("a", 11), ("c", 2))]
    assert checkpoint.newest(folders)[1]["epoch"] == 11


def test_newest_of_nothing_usable_is_none(tmp_path):
    (tmp_path / "bare").mkdir()
    assert checkpoint.newest([]) is None
    assert checkpoint.newest([tmp_path / "bare", tmp_path / "absent"]) is None


def test_a_kill_between_the_two_files_shows(tmp_path):
    """New arrays beside the old JSON, of equal size: neither state may be taken for the other."""
    saved(tmp_path)
    facts = (tmp_path / FACTS).read_bytes()
    checkpoint.save(tmp_path, {**STATE, "steps": np.array(8, np.int64)}, {"epoch": 2})
    (tmp_path / FACTS).write_bytes(facts)
    with pytest.raises(ValueError, match="cannot be read"):
        checkpoint.load(tmp_path)
