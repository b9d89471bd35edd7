import numpy as np
import pyarrow as pa
import pytest

from results.columns import lists, matrix, named


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_a_matrix_survives_being_a_column(kind):
    values = np.array([[0.5, 0.25, 0.25], [0.125, 0.125, 0.75]], dtype=kind)
    column = pa.chunked_array([lists(values)])
    assert column.to_pylist() == values.tolist()
    for back in (matrix(column), matrix(column.to_pandas())):
        assert back.dtype == np.float32
        np.testing.assert_array_equal(back, values)


def test_several_chunks_are_one_matrix():
    first, second = np.ones((2, 3), np.float32), np.zeros((1, 3), np.float32)
    column = pa.chunked_array([lists(first), lists(second)])
    np.testing.assert_array_equal(matrix(column), [[1, 1, 1], [1, 1, 1], [0, 0, 0]])


def test_rows_that_do_not_lie_beside_one_another_in_memory():
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert lists(values.T).to_pylist() == values.T.tolist()


def test_no_rows_are_an_empty_matrix():
    column = pa.chunked_array([lists(np.zeros((0, 7), np.float32))])
    assert matrix(column).shape == (0, 0)
    assert matrix(column.to_pandas()).shape == (0, 0)


def test_names_of_classes():
    assert named(["happy", "sad"], np.array([1, 0, 1])).tolist() == ["sad", "happy", "sad"]
