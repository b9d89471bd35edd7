import numpy as np
import pytest

from orchestrator.testing.stand_ins import tiny
from orchestrator.training.regularisation.mixing import mixed, shares


def test_shares_follow_beta_alpha_alpha():
    """Its mean is 1/2 and its variance 1 / (4 (2 alpha + 1)): 1/12 of a uniform one, alpha 1."""
    for alpha, variance in ((1.0, 1 / 12), (0.2, 1 / 5.6), (0.01, 1 / 4.08)):
        drawn = shares(tiny(mixup=alpha), epoch=1, steps=20_000)
        assert drawn.mean() == pytest.approx(0.5, abs=0.01)
        assert drawn.var() == pytest.approx(variance, rel=0.02)
        assert np.isfinite(drawn).all()


def test_they_are_drawn_from_seed_and_epoch_alone_and_none_is_drawn_where_it_is_off():
    first, again = (shares(tiny(mixup=1.0), 1, 4) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert (first != shares(tiny(mixup=1.0), 2, 4)).any()
    assert (first != shares(tiny(mixup=1.0, seed=1), 1, 4)).any()
    assert shares(tiny(), 1, 4) is None


def test_an_image_is_mixed_with_the_one_at_the_other_end():
    np.testing.assert_allclose(mixed(np.array([0.0, 4.0, 8.0]), 0.75), [2.0, 4.0, 6.0])
