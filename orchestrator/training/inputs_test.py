import dataclasses
import uuid

import numpy as np
import pyarrow.fs as pafs
import pytest

from orchestrator.data import testing as example_layouts
from orchestrator.errors import BadInput
from orchestrator.testing.stand_ins import drawn_faces, noise
from orchestrator.training.inputs import DataSource, prepare_inputs


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return drawn_faces(tmp_path_factory.mktemp("cache"))


def test_plain_images_are_the_data_sets_own_and_not_copied(source):
    splits = source.open()
    inputs = prepare_inputs(source, splits, "plain")
    assert inputs.training is splits.training.images
    assert inputs.validation is splits.validation.images
    assert inputs.training.dtype == np.uint8
    assert len(inputs.training) == len(inputs.training_labels)
    assert list(inputs.validation_ids) == list(splits.validation.ids)
    assert inputs.classes == splits.classes


def test_another_variant_is_mapped_from_the_cache_the_second_time(source):
    splits = source.open()
    first = prepare_inputs(source, splits, "standardise")
    file = source.variant_file(splits.digest, "training", "standardise")
    written = file.stat().st_mtime_ns
    second = prepare_inputs(source, source.open(), "standardise")
    assert file.stat().st_mtime_ns == written
    assert isinstance(second.training, np.memmap)
    assert second.training.dtype == np.float16
    np.testing.assert_array_equal(first.training, second.training)
    assert abs(float(second.training[0].astype(float).mean())) < 0.01


def test_keys_tell_data_sets_and_variants_apart(source):
    splits = source.open()
    other = dataclasses.replace(source, seed=1)
    keys = {
        prepare_inputs(source, splits, "plain").key,
        prepare_inputs(source, splits, "standardise").key,
        prepare_inputs(other, other.open(), "plain").key,
    }
    assert len(keys) == 3
    assert prepare_inputs(source, source.open(), "plain").key in keys


def test_unknown_variant_is_refused(source):
    with pytest.raises(BadInput, match="sepia"):
        prepare_inputs(source, source.open(), "sepia")


def test_data_that_changed_under_a_sweep_is_refused(source):
    expected = dataclasses.replace(source, digest=source.open().digest)
    assert expected.open().digest == expected.digest
    with pytest.raises(BadInput, match="the data changed"):
        dataclasses.replace(expected, seed=1).open()


@pytest.fixture
def behind_uri(tmp_path):
    """A source in fsspec's memory, and what writes it there."""
    uri = f"fsspec+memory://{uuid.uuid4().hex}/fer2013.csv"

    def write(seed):
        files, place = pafs.FileSystem.from_uri(uri)
        files.create_dir(place.rpartition("/")[0])
        content = example_layouts.fer2013_csv(example_layouts.example(seed=seed))["fer2013.csv"]
        with files.open_output_stream(place) as stream:
            stream.write(content + b"\n" * seed)  # a size of its own: this store gives no times

    write(0)
    return DataSource(path=uri, cache=str(tmp_path)), write


def test_a_uri_is_opened_like_a_path(behind_uri):
    source, _ = behind_uri
    inputs = prepare_inputs(source, source.open(), "standardise")
    assert inputs.training.shape == (70, 48, 48)
    assert inputs.training.dtype == np.float16


def test_a_trial_opens_its_digest_from_the_cache_whatever_the_uri_holds_by_now(behind_uri):
    source, write = behind_uri
    expected = dataclasses.replace(source, digest=source.open().digest)
    write(1)
    assert expected.open().digest == expected.digest
    elsewhere = dataclasses.replace(expected, cache=f"{source.cache}/other")
    with pytest.raises(BadInput, match=r"^fsspec\+memory://\S+ has digest .* the data changed"):
        elsewhere.open()


@pytest.mark.parametrize(
    ("counts", "weights"),
    [
        ([30, 10, 10, 10], [0.5, 1.5, 1.5, 1.5]),
        ([10, 10, 10, 10], [1, 1, 1, 1]),
        ([6, 2, 0, 0], [4 / 6, 2, 0, 0]),
    ],
)
def test_balanced_weights_give_every_class_present_the_same_say(counts, weights):
    labels = np.repeat(np.arange(4, dtype=np.uint8), counts)
    weights = dataclasses.replace(noise(), training_labels=labels).balanced_weights
    np.testing.assert_allclose(weights, weights, rtol=1e-6)
    assert weights[labels].mean() == pytest.approx(1)
