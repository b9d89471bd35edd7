"""Shares of mass, held against maps that are really spread to the pixels."""

import numpy as np
import pytest
from keras import ops

from analysis.explain.face_regions import BOXES, REGIONS, canonical, on_regions, shares
from orchestrator.data import synthetic

REST, BROWS, EYES, NOSE, MOUTH = range(5)


def by_spreading(maps, masks):
    """The same shares the long way: Keras' resize, then a sum over pixels."""
    positive = np.maximum(np.asarray(maps, np.float32), 0)[..., None]
    large = np.asarray(ops.image.resize(positive, masks.shape[1:], "bilinear"))[..., 0]
    mass = [(large * (masks == region)).sum(axis=(1, 2)) for region in range(5)]
    return np.stack(mass, axis=1) / large.sum(axis=(1, 2))[:, None]


def test_regions_are_those_of_drawn_faces():
    assert REGIONS == synthetic.REGIONS


def test_one_cell_of_four_by_hand():
    # along an axis, pixels 0 to 3 take 1, 3/4, 1/4 and 0 of cell 0
    mask = np.full((4, 4), MOUTH, np.uint8)
    mask[:, 0] = EYES
    mask[3, :] = NOSE
    by_region = shares([[[2.0, 0.0], [0.0, 0.0]]], mask)
    np.testing.assert_allclose(by_region, [[0, 0, 0.5, 0, 0.5]], atol=1e-6)


def test_an_even_map_has_the_shares_of_the_areas():
    area = np.bincount(canonical().ravel(), minlength=5) / 48**2
    for grid in ((1, 1), (3, 3), (6, 6), (12, 12), (48, 48)):
        np.testing.assert_allclose(shares(np.ones((1, *grid)))[0], area, atol=1e-6)


@pytest.mark.parametrize("grid", [(1, 1), (2, 2), (3, 3), (6, 6), (5, 7), (12, 12), (48, 48)])
def test_shares_are_those_of_the_map_spread_to_the_pixels(grid):
    maps = np.random.default_rng(0).normal(size=(9, *grid)).astype(np.float32) + 0.5
    maps[:, 0, 0] = 1
    masks = synthetic.draw(9, seed=3).regions
    np.testing.assert_allclose(shares(maps, masks), by_spreading(maps, masks), atol=2e-6)
    same = np.repeat(masks[:1], 9, axis=0)
    np.testing.assert_allclose(shares(maps, masks[0]), by_spreading(maps, same), atol=2e-6)


def test_the_weights_are_the_adjoint_of_the_spreading():
    # <spread(map), mask> == <map, adjoint(mask)>, on an image that is not square
    rng = np.random.default_rng(1)
    maps, masks = (
        rng.random((4, 3, 5), np.float32),
        rng.integers(0, 5, (4, 20, 32)).astype(np.uint8),
    )
    given = np.einsum("nhw,nhwr->nr", maps, on_regions(masks, (3, 5)))
    large = np.asarray(ops.image.resize(maps[..., None], (20, 32), "bilinear"))[..., 0]
    wanted = np.stack([(large * (masks == r)).sum(axis=(1, 2)) for r in range(5)], axis=1)
    np.testing.assert_allclose(given, wanted, rtol=1e-5)


def test_maps_without_evidence_have_no_shares_and_negative_evidence_does_not_count():
    maps = np.zeros((3, 2, 2), np.float32)
    maps[1] = -1
    maps[2] = [[1, -5], [0, 0]]
    only = np.zeros((1, 2, 2), np.float32)
    only[0, 0, 0] = 1
    by_region = shares(maps)
    assert np.isnan(by_region[:2]).all()
    np.testing.assert_array_equal(by_region[2], shares(only)[0])


def test_images_do_not_mix_whatever_the_batch():
    rng = np.random.default_rng(2)
    maps, masks = rng.random((300, 6, 6)), rng.integers(0, 5, (300, 48, 48)).astype(np.uint8)
    together = shares(maps, masks)
    order = rng.permutation(300)
    np.testing.assert_allclose(shares(maps[order], masks[order]), together[order], atol=1e-6)
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-5)


def test_no_maps_have_no_shares():
    assert shares(np.empty((0, 6, 6))).shape == (0, 5)
    assert shares(np.empty((0, 6, 6)), np.empty((0, 48, 48), np.uint8)).shape == (0, 5)


def test_canonical_boxes_grow_with_the_image_and_are_symmetric():
    mask = canonical()
    np.testing.assert_array_equal(canonical(96, 144), mask.repeat(2, axis=0).repeat(3, axis=1))
    np.testing.assert_array_equal(mask, mask[:, ::-1])
    assert {name for name, _ in BOXES} == set(REGIONS) - {"rest"}


def test_large_maps_meet_boxes_of_their_own_size():
    one = np.zeros((1, 96, 96), np.float32)
    one[0, 80, 48] = 1  # row 40 of 48, in the middle: the mouth
    np.testing.assert_array_equal(shares(one), [[0, 0, 0, 0, 1]])


@pytest.mark.parametrize("name", ["brows", "eyes", "nose", "mouth"])
def test_canonical_boxes_hold_most_of_each_part_of_drawn_faces(name):
    region = REGIONS.index(name)
    drawn = synthetic.draw(700, seed=5).regions == region
    assert drawn[:, canonical() == region].sum() / drawn.sum() > 0.6
