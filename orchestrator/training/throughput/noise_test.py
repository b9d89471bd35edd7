import numpy as np
import pytest

from orchestrator.training.throughput.noise import blank, noise


@pytest.mark.parametrize("plain", [True, False])
def test_blank_images_look_like_noise_to_a_compiler_and_take_no_memory(plain):
    drawn, seen = noise(70, 14, 24, plain=plain), blank(70, 14, 24, plain=plain)
    assert seen.training.dtype == drawn.training.dtype
    assert seen.training.shape == drawn.training.shape == (70, 24, 24)
    assert seen.validation.shape == drawn.validation.shape == (14, 24, 24)
    assert seen.training.strides == (0, 0, 0)
    np.testing.assert_array_equal(seen.training_labels, drawn.training_labels)
    assert seen.classes == drawn.classes
