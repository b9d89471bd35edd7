import json

import numpy as np
import pytest

from orchestrator.training.storing.checkpoint import ARRAYS, FACTS, Checkpoints, Superseded
from results.store import Store

STATE = {
    "kernel": np.arange(6, dtype=np.float32).reshape(2, 3),
    "turned": np.arange(6, dtype=np.float32).reshape(2, 3).T,
    "rate": np.array(0.25, np.float32),
    "steps": np.array(7, np.int64),
    "seed": np.array([1, 2**32 - 1], np.uint32),
    "nothing": np.zeros((0, 4), np.float32),
}


def kept(folder):
    return Checkpoints(Store(folder), "trial")


def facts(epoch):
    return {"epoch": epoch, "loss": float("nan"), "text": "ü"}


def saved(folder, *epochs):
    for epoch in epochs or (1,):
        kept(folder).save({**STATE, "steps": np.array(epoch, np.int64)}, facts(epoch))
    return folder / "trial"


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def test_arrays_come_back_with_their_shapes_and_types(tmp_path):
    kept(tmp_path).save(STATE, facts(1))
    arrays, told = kept(tmp_path).newest()
    assert set(arrays) == set(STATE)
    for name, array in STATE.items():
        assert arrays[name].dtype == array.dtype
        assert arrays[name].shape == array.shape, name
        np.testing.assert_array_equal(arrays[name], array)
    assert told["epoch"] == 1
    assert np.isnan(told["loss"])
    assert told["text"] == "ü"


def test_of_a_folder_that_is_gone_that_is_said_and_nobody_is_blamed(tmp_path):
    made = Checkpoints(Store(tmp_path / "sweep"), "trial")
    made.claim()
    (tmp_path / "sweep").rename(tmp_path / "away")
    with pytest.raises(Superseded, match=r"sweep is gone: deleted, or moved away"):
        made.check()


def test_two_states_are_kept_and_nothing_else(tmp_path):
    folder = saved(tmp_path, 1)
    assert names(folder) == ["000001.json", "000001.safetensors"]
    saved(tmp_path, 2, 3)
    assert names(folder) == [f"00000{n}.{kind}" for n in (2, 3) for kind in ("json", "safetensors")]
    assert kept(tmp_path).newest()[1]["epoch"] == 3


def test_dropped_states_are_gone_and_dropping_nothing_is_harmless(tmp_path):
    folder = saved(tmp_path, 1, 2)
    kept(tmp_path).drop()
    assert not folder.exists()
    kept(tmp_path).drop()


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
    ending, harm = damage
    harm(saved(tmp_path, 7) / f"000007{ending}")
    with pytest.raises(ValueError, match=rf"trial/000007\{ending} cannot be read"):
        kept(tmp_path).load(7)


def test_newest_passes_over_what_is_damaged_for_the_one_before(damage, tmp_path, caplog):
    ending, harm = damage
    harm(saved(tmp_path, 4, 5) / f"000005{ending}")
    arrays, told = kept(tmp_path).newest()
    assert (arrays["steps"], told["epoch"]) == (4, 4)
    assert "000005" in caplog.text


def test_damaged_states_of_later_epochs_do_not_displace_new_ones(tmp_path):
    folder = saved(tmp_path, 5, 6)
    for file in folder.iterdir():
        blank(file)
    saved(tmp_path, 1, 2, 3)  # begun again
    assert kept(tmp_path).newest()[1]["epoch"] == 3
    assert [name for name in names(folder) if name.endswith(FACTS)] == [
        f"00000{epoch}.json" for epoch in (2, 3, 5, 6)
    ]
    saved(tmp_path, 4, 5, 6)
    assert [name for name in names(folder) if name.endswith(FACTS)] == [
        f"00000{epoch}.json" for epoch in (5, 6)
    ]


def test_a_damaged_state_is_replaced_when_its_epoch_is_done_again(damage, tmp_path):
    ending, harm = damage
    harm(saved(tmp_path, 4, 5) / f"000005{ending}")
    saved(tmp_path, 5)
    assert kept(tmp_path).newest()[1]["epoch"] == 5


def test_newest_goes_by_epoch_beyond_six_digits(tmp_path):
    saved(tmp_path, 999_999, 1_000_000)
    assert kept(tmp_path).newest()[1]["epoch"] == 1_000_000


def test_newest_of_nothing_usable_is_none(tmp_path):
    assert kept(tmp_path).newest() is None
    (tmp_path / "trial").mkdir()
    (tmp_path / "trial" / "notes.txt").write_text("not ours")
    assert kept(tmp_path).newest() is None


def test_a_kill_between_the_two_files_shows(tmp_path):
    """New arrays beside the old JSON, of equal size: neither state may be taken for the other."""
    folder = saved(tmp_path, 1)
    old = (folder / "000001.json").read_bytes()
    kept(tmp_path).save({**STATE, "steps": np.array(8, np.int64)}, facts(1))
    (folder / "000001.json").write_bytes(old)
    with pytest.raises(ValueError, match="cannot be read"):
        kept(tmp_path).load(1)


def test_who_claims_a_trial_last_holds_it_and_nobody_once_it_has_ended(tmp_path):
    first, second = kept(tmp_path), kept(tmp_path)
    first.claim()
    first.check()
    second.claim()
    second.check()
    with pytest.raises(Superseded):
        first.check()
    second.drop()
    with pytest.raises(Superseded):
        second.check()
