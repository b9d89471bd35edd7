"""What every backend owes; this process' own is asked, and KERAS_BACKEND=jax asks the other."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from analysis.backends import catalogue
from analysis.backends.backend import in_batches
from analysis.backends.hooks import captured
from orchestrator.errors import BadInput
from orchestrator.process.backend import BACKENDS

backend = catalogue.current()


def test_there_is_one_for_each_that_trains():
    assert set(catalogue.BACKENDS) == set(BACKENDS)


def test_another_library_is_refused(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(BadInput, match="Keras computes with torch; set KERAS_BACKEND to tens"):
        catalogue.current()


def test_a_gradient_is_pulled_back_as_often_as_it_is_asked_for():
    def slopes(x):
        cubes, pull = backend.pullback(lambda given: given**3, x)
        return cubes, pull(ops.ones_like(cubes)), pull(2 * ops.ones_like(cubes))

    cubes, once, twice = backend.direct(slopes, [])(np.float32([[1, 2], [-3, 0]]))
    assert cubes.tolist() == [[1, 8], [-27, 0]]
    assert once.tolist() == [[3, 12], [27, 0]]  # 3 x²
    assert twice.tolist() == [[6, 24], [54, 0]]


def test_what_does_not_matter_has_a_gradient_of_zero():
    def slope(x):
        constant, pull = backend.pullback(lambda given: ops.ones((3,)), x)
        return [pull(constant)]

    (zeros,) = backend.direct(slope, [])(np.float32([[1, 2]]))
    assert zeros.tolist() == [[0, 0]]


def test_a_gradient_by_what_a_layer_gives_is_that_of_its_last_use():
    double = layers.Rescaling(2.0)

    def slope(x):
        def run():
            with captured(double) as given:
                result = double(double(x)) ** 2
            return result, given[0]

        (result, given), pull = backend.pullback_at(double, run)
        return result, given, pull(ops.ones_like(result))

    result, given, by_last = backend.direct(slope, [])(np.float32([[1, 3]]))
    assert result.tolist() == [[16, 144]]  # (4 x)²
    assert given.tolist() == [[4, 12]]
    assert by_last.tolist() == [[8, 24]]  # 2 given
    assert "call" not in vars(double)


def test_half_a_spectrum_becomes_an_image_of_even_or_odd_sides():
    rng = np.random.default_rng(0)
    for size in ((4, 6), (5, 7)):
        real, imaginary = rng.normal(size=(2, 3, size[0], size[1] // 2 + 1)).astype(np.float32)
        (made,) = backend.direct(lambda *parts, s=size: [backend.irfft2(*parts, s)], [])(
            real, imaginary
        )
        np.testing.assert_allclose(made, np.fft.irfft2(real + 1j * imaginary, size), atol=1e-5)


def test_variables_count_as_they_are_at_each_call_and_are_written_where_that_is_said():
    factor, total = keras.Variable([2.0]), keras.Variable([0.0])

    def steps(x):
        total.assign(total + ops.sum(x) * factor)
        return [x * factor]

    program = backend.compiled(steps, [(1,)], [factor, total], [total])
    assert program(np.float32([[1], [2]]))[0].tolist() == [[2], [4]]
    factor.assign([10.0])
    assert program(np.float32([[1], [2]]))[0].tolist() == [[10], [20]]
    assert total.numpy().tolist() == [36]  # (1 + 2) x 2 + (1 + 2) x 10
    assert program.compilations == 1


def test_rows_are_cut_into_batches_of_which_the_last_compiles_nothing():
    program = backend.compiled(lambda x: [x + 1, x[:, :1]], [(2,)], [])
    rows = np.arange(14, dtype=np.float32).reshape(7, 2)
    more, first = in_batches(program, 7, 3, lambda now: [rows[now]])
    np.testing.assert_array_equal(more, rows + 1)
    np.testing.assert_array_equal(first, rows[:, :1])
    assert program.compilations == 1


def test_a_batch_fills_the_device_and_a_few_rows_need_not():
    assert backend.batch_rows(10_000) in (256, 1024)
    assert 0 < backend.batch_rows(2) <= backend.batch_rows(10_000)


def test_an_outline_has_the_shapes():
    assert backend.outlined(lambda x: ops.sum(x, axis=1), (2, 3, 4)).shape == (2, 4)
