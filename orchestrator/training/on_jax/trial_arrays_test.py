import numpy as np
import pytest

from orchestrator.testing.stand_ins import noise, tiny
from orchestrator.training.on_jax.trial_arrays import DeviceData, Dials, blanks


@pytest.mark.parametrize(("n", "blank"), [(0, 0), (1, 15), (15, 1), (16, 0), (17, 15), (32, 0)])
def test_blank_images_fill_the_last_batch_of_16(n, blank):
    assert blanks(n, 16) == blank


def test_a_program_is_compiled_for_validation_images_and_blanks():
    inputs = noise(n=64, side=16)
    n = len(inputs.validation)
    shapes = DeviceData.shapes(inputs, 24)
    assert shapes.validation.shape == (n + blanks(n, 24), 16, 16)
    assert shapes.validation.shape[0] % 24 == 0
    assert shapes.validated == n
    assert (shapes.images.shape, shapes.images.dtype) == (inputs.training.shape, np.uint8)
    assert (shapes.labels.shape, shapes.labels.dtype) == (inputs.training_labels.shape, np.int32)


def test_classes_weigh_the_same_unless_balanced():
    inputs = noise(n=64, classes=4)
    even = Dials.of(tiny(class_weights="none", ema=0.5), inputs)
    assert np.array(even.class_weights).tolist() == [1, 1, 1, 1]
    assert float(even.ema) == 0.5
    balanced = Dials.of(tiny(class_weights="balanced"), inputs)
    counts = np.bincount(inputs.training_labels, minlength=4)
    # n / (k n_k): a class half as frequent weighs twice as much
    expected = len(inputs.training_labels) / (4 * counts)
    np.testing.assert_allclose(np.array(balanced.class_weights), expected, rtol=1e-6)
