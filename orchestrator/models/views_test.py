import numpy as np
import pytest

from orchestrator.models.views import VIEWS, images_at_once, scores, shown


def pictures(n=3, h=48, w=36, c=1):
    return np.random.default_rng(0).normal(size=(n, h, w, c)).astype(np.float32)


def seen(images, views):
    """(v, n, h, w, c)."""
    return np.reshape(np.asarray(shown(images, views)), (-1, *images.shape))


COUNTS = {"one": 1, "flip": 2, "flip_shifts": 10, "ten_crop": 10}


@pytest.mark.parametrize("views", VIEWS)
def test_every_image_comes_in_every_view_and_the_second_half_are_mirrors(views):
    images = pictures()
    each = seen(images, views)
    assert len(each) == COUNTS[views]
    assert len(np.unique(each, axis=0)) == COUNTS[views]
    if views != "one":
        plain, mirrors = each.reshape(2, -1, *images.shape)
        np.testing.assert_array_equal(mirrors, plain[:, :, :, ::-1])
    alone = seen(images[1:2], views)
    np.testing.assert_array_equal(alone[:, 0], each[:, 1])


@pytest.mark.parametrize("views", ["one", "flip", "flip_shifts"])
def test_the_first_view_is_the_image_bit_for_bit(views):
    images = pictures()
    np.testing.assert_array_equal(seen(images, views)[0], images)


def test_shifts_move_by_a_24th_of_the_side_and_repeat_the_border():
    images = pictures(h=48, w=24)
    each = seen(images, "flip_shifts")
    np.testing.assert_array_equal(each[1][:, :, :-1], images[:, :, 1:])  # 24 columns: 1 pixel
    np.testing.assert_array_equal(each[1][:, :, -1], images[:, :, -1])
    np.testing.assert_array_equal(each[4][:, 2:], images[:, :-2])  # 48 rows: 2 pixels
    np.testing.assert_array_equal(each[4][:, :2], images[:, [0, 0]])


def test_ten_crops_are_windows_of_42_pixels_in_the_corners_and_the_middle():
    """A pixel is its own column here, or row: what is shown is where it was looked up."""
    y, x = np.mgrid[:48, :48].astype(np.float32)
    each = seen(np.stack([x, y], axis=-1)[None], "ten_crop")[:5, 0]
    first, last = each[:, 0, 0], each[:, -1, -1]
    near, middle, far = 0, 47 / 16, 47 / 8  # of 48 pixels 6 are left out: an eighth of 47 steps
    starts = [(middle, middle), (near, near), (far, near), (near, far), (far, far)]
    np.testing.assert_allclose(first, starts, atol=1e-4)
    np.testing.assert_allclose(last - first, 47 * 7 / 8, atol=1e-4)


def first_pixels(images):
    """Logits of three classes: what stands at the first, a middle and the last pixel."""
    return images.reshape(len(images), -1)[:, [0, 7, -1]] * 3


def test_predicted_is_the_mean_of_the_views_probabilities():
    images = pictures(h=6, w=4)

    def probabilities(given):
        powers = np.exp(np.asarray(first_pixels(given), np.float64))
        return powers / powers.sum(axis=1, keepdims=True)

    given = scores(lambda x: first_pixels(np.asarray(x)), images, "flip")
    expected = (probabilities(images) + probabilities(images[:, :, ::-1])) / 2
    np.testing.assert_allclose(np.exp(np.asarray(given)), expected, rtol=1e-5)
    np.testing.assert_array_equal(scores(first_pixels, images, "one"), first_pixels(images))


def test_a_batch_holds_as_many_images_as_their_views_leave_room_for():
    assert [images_at_once(256, views) for views in VIEWS] == [256, 128, 16, 16]
    assert images_at_once(4, "ten_crop") == 1
