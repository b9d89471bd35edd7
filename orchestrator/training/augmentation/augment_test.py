import keras
import numpy as np
import pytest

from orchestrator.errors import BadInput
from orchestrator.models.views import WINDOW
from orchestrator.training.augmentation.augment import TRANSFORMS, augment, parse
from orchestrator.training.augmentation.paints import MAX_BRIGHTNESS
from orchestrator.training.augmentation.resampling import looked_up
from orchestrator.training.augmentation.warps import CROP

EVERY = tuple(TRANSFORMS)


def pictures(n=8, h=12, w=10, c=1):
    return np.random.default_rng(0).normal(size=(n, h, w, c)).astype(np.float32)


def changed(images, strength, *names, seed=1):
    generator = keras.random.SeedGenerator(seed)
    return keras.ops.convert_to_numpy(augment(images, strength, names, generator))


@pytest.mark.parametrize("names", [(name,) for name in EVERY] + [EVERY])
def test_strength_0_gives_the_images_back_exactly(names):
    images = pictures(n=32, c=3)
    np.testing.assert_array_equal(changed(images, 0.0, *names), images)


@pytest.mark.parametrize("name", EVERY)
def test_every_transform_changes_something_and_keeps_the_shape(name):
    images = pictures(n=32, c=2)
    augmented = changed(images, 1.0, name)
    assert augmented.shape == images.shape
    assert augmented.dtype == np.float32
    assert np.isfinite(augmented).all()
    assert np.abs(augmented - images).max() > 0.01


@pytest.mark.parametrize("name", EVERY)
def test_each_image_gets_its_own_draw(name):
    images = np.repeat(pictures(n=1), 32, axis=0)
    augmented = changed(images, 1.0, name)
    different = 2 if name == "flip" else 10
    assert len(np.unique(augmented, axis=0)) >= different


@pytest.mark.parametrize("name", EVERY)
def test_seed_decides_the_draw_and_moves_on(name):
    images = pictures(n=32)
    generator = keras.random.SeedGenerator(1)
    first, second = (np.asarray(augment(images, 1.0, (name,), generator)) for _ in range(2))
    np.testing.assert_array_equal(first, changed(images, 1.0, name, seed=1))
    assert (first != second).any()


@pytest.mark.parametrize("name", EVERY)
def test_range_of_values_does_not_matter(name):
    images = pictures(n=32)
    moved = changed(3 * images - 5, 1.0, name)
    np.testing.assert_allclose(moved, 3 * changed(images, 1.0, name) - 5, atol=2e-5)


@pytest.mark.parametrize("name", EVERY)
def test_constant_image_stays_as_it_is(name):
    images = np.full((16, 9, 9, 1), 0.25, dtype=np.float32)
    np.testing.assert_allclose(changed(images, 1.0, name), images, atol=1e-6)


def test_flip_mirrors_about_half_of_the_images_exactly_at_any_strength():
    images = pictures(n=400)
    augmented = changed(images, 0.01, "flip")
    mirrored = (augmented == images[:, :, ::-1]).all(axis=(1, 2, 3))
    kept = (augmented == images).all(axis=(1, 2, 3))
    assert (mirrored ^ kept).all()
    assert 160 < mirrored.sum() < 240


def centres(images):
    """(n, 2) brightest point, x then y, as a centre of mass."""
    weight = images[..., 0] / images.sum(axis=(1, 2, 3))[:, None, None]
    y, x = np.mgrid[: images.shape[1], : images.shape[2]]
    return np.stack([(weight * x).sum(axis=(1, 2)), (weight * y).sum(axis=(1, 2))], axis=1)


def dot(x, y, side=41, n=500):
    images = np.zeros((n, side, side, 1), dtype=np.float32)
    images[:, y - 1 : y + 2, x - 1 : x + 2] = 1
    return images


@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_shift_moves_by_up_to_a_tenth_of_the_side(strength):
    moved = centres(changed(dot(20, 20), strength, "shift")) - 20
    reach = np.abs(moved).max(axis=0)
    assert (reach <= 4.1 * strength + 1e-3).all()
    assert (reach > 3.8 * strength).all()
    assert abs(np.corrcoef(moved.T)[0, 1]) < 0.15


@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_rotation_turns_about_the_centre_by_up_to_10_degrees(strength):
    x, y = (centres(changed(dot(35, 20), strength, "rotation")) - 20).T
    angle = np.degrees(np.arctan2(y, x))
    np.testing.assert_allclose(np.hypot(x, y), 15, atol=0.1)
    assert 9.6 * strength < np.abs(angle).max() <= 10 * strength + 0.1
    assert angle.min() < -9 * strength < 9 * strength < angle.max()


def test_zoom_scales_about_the_centre_by_up_to_a_tenth():
    x, y = (centres(changed(dot(35, 30), 1.0, "zoom")) - 20).T
    np.testing.assert_allclose(y / x, 10 / 15, atol=0.02)
    assert 15 / 1.1 - 0.1 <= x.min() < 14
    assert 16.2 < x.max() <= 15 / 0.9 + 0.1


def windows(strength, name, n=2000, side=48):
    """First and last column, first and last row, (n,) each, that a window of each image shows.

    A pixel of the images is its own place, column and row: what is shown is where it was looked up.
    """
    y, x = np.mgrid[:side, :side].astype(np.float32)
    shown = changed(np.repeat(np.stack([x, y], axis=-1)[None], n, axis=0), strength, name)
    steps = np.diff(shown[:, :, :, 0], axis=2)
    np.testing.assert_allclose(steps, np.repeat(steps[:, :, :1], side - 1, axis=2), atol=1e-3)
    return shown[:, 0, 0, 0], shown[:, 0, -1, 0], shown[:, 0, 0, 1], shown[:, -1, 0, 1]


@pytest.mark.parametrize(("strength", "smallest", "largest"), [(1.0, 40, 44), (0.5, 44, 46)])
def test_crop_is_a_square_window_of_40_to_44_pixels_anywhere_in_the_image(
    strength, smallest, largest
):
    left, right, top, bottom = windows(strength, "crop")
    side = (right - left) * 48 / 47
    np.testing.assert_allclose(side, (bottom - top) * 48 / 47, atol=1e-3)
    assert smallest - 1e-3 <= side.min() < smallest + 0.1
    assert largest - 0.1 < side.max() <= largest + 1e-3
    assert side.mean() == pytest.approx((smallest + largest) / 2, abs=0.1)
    for first, last in ((left, right), (top, bottom)):
        assert -1e-3 <= first.min() < 0.1  # it lies at the very edge, never beyond
        assert 46.9 < last.max() <= 47 + 1e-3
    assert abs(np.corrcoef(left, top)[0, 1]) < 0.3  # only their sizes are one


def test_what_is_predicted_from_windows_is_as_large_as_what_crop_trains_on():
    assert sum(CROP) / 2 == pytest.approx(WINDOW)


def test_resized_crop_is_a_window_of_8_to_10_tenths_of_the_area_or_cut_to_the_image():
    """What is drawn is .8 to 1.2 of it, and sides up to 4:3: at least .8 * 3/4 squared, .775."""
    left, right, top, bottom = windows(1.0, "resized_crop")
    wide, high = (right - left) / 47, (bottom - top) / 47
    assert min(wide.min(), high.min()) == pytest.approx(np.sqrt(0.8 * 3 / 4), abs=0.02)
    assert max(wide.max(), high.max()) <= 1 + 1e-4
    uncut = (wide < 1 - 1e-4) & (high < 1 - 1e-4)
    assert 0.8 - 1e-3 < (wide * high)[uncut].min() < 0.83
    assert 1 / 1.05 - 0.02 < np.median(wide / high) < 1.05
    assert min(left.min(), top.min()) >= -1e-3
    assert max(right.max(), bottom.max()) <= 47 + 1e-3


def test_half_the_strength_draws_windows_nearer_to_the_image():
    left, right, _, _ = windows(0.5, "resized_crop")
    assert (right - left).min() / 47 == pytest.approx(np.sqrt(0.9 * np.sqrt(3 / 4)), abs=0.02)


def test_warps_are_resampled_once():
    # Each bilinear pass spreads a single bright pixel: its mean height is 0.57 after one pass and
    # 0.38 after three.
    images = np.zeros((500, 41, 41, 1), dtype=np.float32)
    images[:, 20, 20] = 1
    together = changed(images, 1.0, "shift", "rotation", "zoom")
    assert 0.52 < together.max(axis=(1, 2, 3)).mean() < 0.62


def test_border_is_repeated_outward():
    images = np.zeros((200, 20, 20, 1), dtype=np.float32)
    images[:, :, 0] = 1
    augmented = changed(images, 1.0, "shift")
    assert set(np.unique(augmented[:, 5:15, 10:])) == {0.0}
    assert augmented[:, :, 0].max() == 1.0
    assert augmented[:, 5:15, 0].min() >= 0.0


def test_brightness_moves_by_up_to_a_fifth_of_the_images_own_spread():
    images = pictures(n=300) * np.linspace(0.1, 5, 300, dtype=np.float32)[:, None, None, None]
    moved = (changed(images, 1.0, "brightness") - images) / images.std(
        axis=(1, 2, 3), keepdims=True
    )
    np.testing.assert_allclose(moved.std(axis=(1, 2, 3)), 0, atol=1e-5)
    share = moved.mean(axis=(1, 2, 3))
    assert np.abs(share).max() <= MAX_BRIGHTNESS + 1e-5
    assert share.min() < -0.15
    assert share.max() > 0.15


def test_contrast_stretches_an_image_about_its_mean_by_half_to_one_and_a_half():
    images = np.tile(np.array([2.0, 4.0], np.float32).reshape(1, 1, 2, 1), (300, 1, 1, 1))
    augmented = changed(images, 1.0, "contrast")
    factor = (augmented[:, 0, 1, 0] - augmented[:, 0, 0, 0]) / 2  # before it was 4 - 2
    np.testing.assert_allclose(augmented.mean(axis=(1, 2, 3)), 3, atol=1e-5)
    assert 0.5 <= factor.min() < 0.52
    assert 1.48 < factor.max() <= 1.5


def test_erasing_fills_one_rectangle_with_the_mean_in_half_of_the_images():
    images = pictures(n=600, h=48, w=48)
    augmented = changed(images, 1.0, "erasing")
    areas = []
    for before, after in zip(images[..., 0], augmented[..., 0], strict=True):
        hit = before != after
        if not hit.any():
            continue
        rows, columns = np.flatnonzero(hit.any(axis=1)), np.flatnonzero(hit.any(axis=0))
        assert hit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
        np.testing.assert_allclose(after[hit], before.mean(), atol=1e-6)
        areas.append(hit.mean())
    assert 250 < len(areas) < 350
    assert 0.01 < min(areas) < 0.05
    assert 0.3 < max(areas) < 0.43


def test_half_the_strength_erases_half_as_often():
    images = pictures(n=800)
    hit = (changed(images, 0.5, "erasing") != images).any(axis=(1, 2, 3))
    assert 150 < hit.sum() < 250


def test_four_pixels_looked_up_are_keras_own_resampling():
    images, generator = pictures(n=64, c=2), np.random.default_rng(0)
    maps = generator.normal(0, 0.1, (64, 2, 3)).astype(np.float32)
    maps += np.array([[1, 0, 0.7], [0, 1, -1.2]], np.float32)
    row = np.concatenate([maps.reshape(64, 6), np.zeros((64, 2), np.float32)], axis=1)
    general = keras.ops.image.affine_transform(
        images, row, interpolation="bilinear", fill_mode="nearest"
    )
    np.testing.assert_allclose(np.asarray(looked_up(images, maps)), general, atol=2e-5)


def test_a_map_that_changes_nothing_looks_up_the_image_bit_for_bit():
    images = pictures()
    same = np.tile(np.array([[1, 0, 0], [0, 1, 0]], np.float32), (len(images), 1, 1))
    np.testing.assert_array_equal(np.asarray(looked_up(images, same)), images)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("none", ()),
        ("", ()),
        ("flip", ("flip",)),
        ("zoom  flip", ("flip", "zoom")),
        ("flip flip", ("flip",)),
    ],
)
def test_names_are_parsed_into_the_order_of_application(text, names):
    assert parse(text) == names


@pytest.mark.parametrize("text", ["flipp", "flip none", "Flip"])
def test_unknown_name_lists_the_known(text):
    with pytest.raises(BadInput, match="known: flip, shift, rotation, zoom, crop, resized_crop"):
        parse(text)
    with pytest.raises(BadInput):
        augment(pictures(), 1.0, tuple(text.split()), keras.random.SeedGenerator(1))
