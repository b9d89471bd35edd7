"""The published sample of FER2013 (Training and PublicTest), where it is at hand."""

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from orchestrator.data.cache.open_faces import AUDIT, entry_folder, open_faces, read_meta
from orchestrator.data.faces import Splits
from orchestrator.data.fingerprint import fingerprints

SAMPLE = Path(__file__).parents[2].parent / "shared" / "data" / "fer2013.zip"

ABSENT = pytest.mark.skipif(
    not SAMPLE.exists(), reason="FER2013 is not there (../shared/data/fer2013.zip)"
)
pytestmark = [ABSENT, pytest.mark.long]


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def splits(cache) -> Splits:
    return open_faces(SAMPLE, cache=cache)


def test_the_audit_finds_the_published_duplicates(splits, cache):
    summary = read_meta(splits.digest, cache)["audit"]
    assert summary["copies_in_training"]["validation"] == 280
    assert summary["same_label_copies"]["validation"] == 273
    assert summary["split_unique"]["training"] == 27473
    assert summary["constant"] == {"training": 11, "validation": 1, "test": 0}
    table = pd.read_parquet(entry_folder(splits.digest, cache) / AUDIT)
    counts = table.groupby(["finding", "split"])["id"].nunique()
    assert counts["copy_in_training", "validation"] == 280
    assert counts["constant"].sum() == 12


def test_the_published_counts_are_met_and_the_missing_split_is_carved_and_said(splits, cache):
    given = read_meta(splits.digest, cache)["counts_as_given"]
    assert given["training"] == [3995, 436, 4097, 7215, 4830, 3171, 4965]
    assert np.bincount(splits.validation.labels).tolist() == [467, 56, 496, 895, 653, 415, 607]
    tenth = [400, 44, 410, 722, 483, 317, 496]  # groups with several labels: not to the image
    np.testing.assert_allclose(np.bincount(splits.test.labels), tenth, atol=5)
    assert len(splits.notes) == 1
    assert splits.notes[0].startswith("The data set has no test (PrivateTest) split: 2,872 of its")


def test_no_carved_image_has_a_copy_anywhere_else(splits):
    assert splits.seen_test_ids == frozenset()
    test = set(fingerprints(splits.test.images))
    assert not test & set(fingerprints(splits.training.images))
    assert not test & set(fingerprints(splits.validation.images))


def test_all_280_validation_copies_remain_known(splits, cache):
    assert len(read_meta(splits.digest, cache)["seen_validation_ids"]) == 280


def test_training_has_the_published_mean_and_spread(splits):
    images = np.concatenate([splits.training.images, splits.test.images])
    assert images.mean() == pytest.approx(129.47, abs=0.05)
    assert images.std() == pytest.approx(65.04, abs=0.05)


def test_the_second_start_takes_no_more_than_a_tenth_of_a_second(splits, cache):
    begun = time.process_time()
    again = open_faces(SAMPLE, cache=cache)
    assert time.process_time() - begun < 0.1
    assert again.digest == splits.digest
