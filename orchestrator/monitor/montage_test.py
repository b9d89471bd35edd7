import numpy as np
import pytest

from orchestrator.monitor.montage import montage


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        (np.full((1, 48, 48), 0.5), 128),
        (np.full((1, 48, 48, 1), 0.5, np.float32), 128),
        (np.full((1, 48, 48, 3), 64, np.uint8), 64),
        (np.linspace(-2, 2, 48 * 48).reshape(1, 48, 48), 0),  # stretched
        (np.full((1, 48, 48), np.nan), 0),
    ],
)
def test_montage_shows_values_as_grey(images, expected):
    assert np.asarray(montage(images))[2, 2].tolist() == [expected] * 3


def test_montage_breaks_after_four_and_keeps_large_pictures():
    assert montage(np.zeros((9, 48, 48))).size == (4 * 100, 3 * 100)
    assert montage(np.zeros((1, 224, 224, 3))).size == (228, 228)


@pytest.mark.parametrize("shape", [(48, 48), (0, 48, 48), (2, 48, 48, 2), (2, 2, 48, 48, 1)])
def test_montage_refuses_other_shapes(shape):
    with pytest.raises(ValueError, match="pictures are"):
        montage(np.zeros(shape))


def test_montage_refuses_another_number_of_labels():
    with pytest.raises(ValueError, match="2 pictures need as many labels, found 1"):
        montage(np.zeros((2, 48, 48)), ["angry"])
