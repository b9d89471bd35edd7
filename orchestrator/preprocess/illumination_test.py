"""Light is taken away, the face stays."""

import numpy as np
import pytest

from orchestrator.preprocess.illumination import (
    _implicit_step,
    _smooth_light,
    diffusion,
    isotropic,
    plane,
)

retinex = pytest.mark.parametrize("correction", [isotropic, diffusion])
ROW, COLUMN = np.mgrid[:48, :48]


def test_plane_takes_an_exact_plane_to_zero():
    image = (0.2 + 0.01 * ROW - 0.002 * COLUMN).astype(np.float32)[None]
    np.testing.assert_allclose(plane(image), 0, atol=1e-6)


def test_plane_by_hand():
    # mean 1/4; row and column explain the rest but for the part that alternates
    np.testing.assert_allclose(
        plane(np.float32([[[1, 0], [0, 0]]]))[0], [[0.25, -0.25], [-0.25, 0.25]], atol=1e-7
    )


def test_plane_of_a_single_row_or_pixel_is_finite():
    np.testing.assert_allclose(plane(np.float32([[[0, 0.5, 1]]])), 0, atol=1e-7)
    np.testing.assert_allclose(plane(np.float32([[[0.7]]])), 0, atol=1e-7)


def test_a_face_with_and_without_a_linear_gradient_becomes_the_same(face):
    x = (face / 255).astype(np.float32)
    lit = x * 0.5 + (0.004 * COLUMN + 0.002 * ROW).astype(np.float32)
    np.testing.assert_allclose(plane(lit[None]), plane(x[None] * 0.5), atol=1e-6)


def test_plane_leaves_no_plane(faces):
    residual = plane(faces).astype(np.float64)
    for basis in (np.ones((48, 48)), ROW - 23.5, COLUMN - 23.5):
        np.testing.assert_allclose((residual * basis).mean(axis=(1, 2)), 0, atol=1e-5)


def test_plane_cannot_leave_its_bounds():
    # the residual is (I - H) x; its extreme over x in [0, 1] is half a row's absolute sum
    basis = np.stack([np.ones(2304), (ROW - 23.5).ravel(), (COLUMN - 23.5).ravel()], axis=1)
    residual = np.eye(2304) - basis @ np.linalg.inv(basis.T @ basis) @ basis.T
    assert np.abs(residual).sum(axis=1).max() / 2 < 1.6


@retinex
def test_a_constant_has_no_contrast_and_black_is_minus_one(correction):
    images = np.stack([np.full((48, 48), level, np.uint8) for level in (1, 128, 255, 0)])
    result = correction(images)
    np.testing.assert_allclose(result[:3], 0, atol=1e-5)
    np.testing.assert_array_equal(result[3], -1)


@retinex
def test_doubling_the_light_changes_nothing(correction, face):
    x = (face / 255 / 2).astype(np.float32)[None]
    np.testing.assert_allclose(correction(2 * x), correction(x), atol=1e-5)


@retinex
def test_side_light_is_mostly_taken_away(correction, face):
    x = (face / 255).astype(np.float32)[None]
    lit = x * np.linspace(0.3, 1, 48, dtype=np.float32)
    with_light = np.corrcoef(x.ravel(), lit.ravel())[0, 1]
    corrected = np.corrcoef(correction(x).ravel(), correction(lit).ravel())[0, 1]
    assert corrected > 0.97 > with_light


def test_smooth_light_solves_its_equation():
    rng = np.random.default_rng(0)
    x = rng.random((2, 6, 5)).astype(np.float32)
    light = _smooth_light(x, 3.0)
    padded = np.pad(light, ((0, 0), (1, 1), (1, 1)), mode="edge")  # no flow through the border
    laplacian = (
        padded[:, 2:, 1:-1] + padded[:, :-2, 1:-1] + padded[:, 1:-1, 2:] + padded[:, 1:-1, :-2]
    ) - 4 * light
    np.testing.assert_allclose(light - 3.0 * laplacian, x, atol=1e-12)


def test_smooth_light_of_two_pixels_by_hand():
    # (1 + s) a - s b = 1 and (1 + s) b - s a = 0 with s = 1: a = 2/3, b = 1/3
    light = _smooth_light(np.float32([[[1, 0]]]), 1.0)
    np.testing.assert_allclose(light[0, 0], [2 / 3, 1 / 3])


def test_implicit_step_equals_the_dense_solution():
    rng = np.random.default_rng(1)
    lines, flow = rng.random((7, 3)), 5 * rng.random((6, 3))
    result = _implicit_step(lines, flow)
    for line in range(3):
        system = np.eye(7)
        for i, f in enumerate(flow[:, line]):
            system[i : i + 2, i : i + 2] += [[f, -f], [-f, f]]
        np.testing.assert_allclose(result[:, line], np.linalg.solve(system, lines[:, line]))


def test_diffusion_keeps_the_border_of_a_shadow_where_isotropic_draws_a_halo():
    step = np.where(COLUMN < 24, 0.2, 0.8).astype(np.float32)[None]
    assert abs(isotropic(step)).max() > 0.5
    assert abs(diffusion(step)).max() < 0.3
    assert abs(diffusion(step)).mean() < abs(isotropic(step)).mean() / 2


def test_diffusion_is_isotropic_far_below_its_edge():
    # steps of 1 % against an edge of 20 %: five linear steps, computed by the same solver
    x = (0.5 + 0.005 * ((ROW + COLUMN) % 2)).astype(np.float32)[None]
    assert abs(diffusion(x) - diffusion(x, edge=1e6)).max() < 1e-5
    assert abs(isotropic(x) - (x / x.mean() - 1)).max() < 1e-3


def test_more_smoothness_is_a_smoother_light(face):
    x = (face / 255).astype(np.float32)[None]
    deviations = [_smooth_light(x, s).std() for s in (0.0, 1.0, 16.0, 1e6)]
    assert deviations == sorted(deviations, reverse=True)
    assert deviations[0] == pytest.approx(x.std(), rel=1e-5)
    assert deviations[-1] < 0.001
