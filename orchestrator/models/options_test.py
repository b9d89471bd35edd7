from pathlib import Path
from typing import Any

import pytest

from orchestrator.errors import BadInput
from orchestrator.models.options import IMAGENET_FILE, Options, keras_home, locate_weights


def test_width_scales_and_leaves_at_least_one() -> None:
    assert Options(width=0.5).scaled(32) == 16
    assert Options(width=0.5).scaled(5) == 3
    assert Options(width=0.001).scaled(32) == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("width", 0.0),
        ("width", -1.0),
        ("width", float("nan")),
        ("dropout", 1.0),
        ("dropout", -0.1),
        ("dropout", float("nan")),
        ("pooling", "mean"),
        ("fine_tune", "some"),
        ("head", "256,128"),
        ("head", "0"),
        ("head", "9" * 5000),
    ],
)
def test_what_no_network_can_be_built_with_is_refused(key: str, value: Any) -> None:
    with pytest.raises(BadInput, match=key):
        Options(**{key: value})


@pytest.mark.parametrize(
    ("head", "units"), [("1024 512", (1024, 512)), ("256", (256,)), ("", ()), ("none", ())]
)
def test_head_is_a_list_of_units(head: str, units: tuple[int, ...]) -> None:
    assert Options(head=head).head_units() == units


def test_absent_imagenet_weights_say_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(BadInput) as caught:
        locate_weights("imagenet")
    for part in (str(tmp_path / "models" / IMAGENET_FILE), "weights=none", "weights=FILE"):
        assert part in str(caught.value)


def test_imagenet_weights_are_found_in_the_keras_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / IMAGENET_FILE).touch()
    assert locate_weights("imagenet") == tmp_path / "models" / IMAGENET_FILE


def test_without_keras_home_the_cache_is_at_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert keras_home() == tmp_path / ".keras"


def test_a_file_that_is_absent_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"there is no file .*absent\.h5"):
        locate_weights(str(tmp_path / "absent.h5"))
    (tmp_path / "weights.npz").touch()
    with pytest.raises(BadInput, match=r"\.h5 or \.hdf5"):
        locate_weights(str(tmp_path / "weights.npz"))


def test_no_weights_need_no_file() -> None:
    assert locate_weights("none") is None
