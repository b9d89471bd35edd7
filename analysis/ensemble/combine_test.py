import json

import numpy as np
import pytest

from analysis.ensemble.combine import COMBINERS, SMALLEST, EnsembleRecipe, log, recipe_of
from orchestrator.errors import BadInput

EYE = ((1.0, 0.0), (0.0, 1.0))
TWO = np.array([[[0.8, 0.2]], [[0.5, 0.5]]])


def recipe(combiner: str, members: int = 2, **options) -> EnsembleRecipe:
    extra = {"weights": (EYE,) * members, "bias": (0.0, 0.0)} if combiner == "stacking" else {}
    names = tuple("abcdefgh"[:members])
    return EnsembleRecipe(names, (1 / members,) * members, combiner, **{**extra, **options})


@pytest.mark.parametrize("combiner", COMBINERS)
def test_one_member_alone_says_what_it_says(combiner):
    assert recipe(combiner, 1).apply(TWO[:1]) == pytest.approx(np.array([[0.8, 0.2]]))


@pytest.mark.parametrize("combiner", COMBINERS)
@pytest.mark.parametrize("temperature", [0.3, 1, 5])
def test_answers_are_probabilities_even_from_certainty(combiner, temperature):
    certain = np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 1.0]]], dtype=np.float32)
    answers = recipe(combiner, temperature=temperature).apply(certain)
    assert answers.sum(axis=1) == pytest.approx([1, 1])
    assert (answers >= 0).all()
    assert answers[0] == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("combiner", COMBINERS)
def test_a_recipe_survives_json(combiner):
    before = recipe(combiner, temperature=1.7)
    assert EnsembleRecipe.from_json(json.loads(json.dumps(before.to_json()))) == before


@pytest.mark.parametrize("combiner", COMBINERS)
def test_each_image_is_answered_by_itself(combiner):
    blocks = np.random.default_rng(0).dirichlet([1, 1], size=(2, 5))
    together = recipe(combiner).apply(blocks)
    assert together[3:4] == pytest.approx(recipe(combiner).apply(blocks[:, 3:4]))


def test_a_soft_vote_by_hand():
    weighted = EnsembleRecipe(("a", "b"), (0.75, 0.25), "soft vote")
    assert weighted.apply(TWO) == pytest.approx(np.array([[0.725, 0.275]]))


def test_a_logit_average_by_hand():
    # sqrt(0.8 * 0.5) : sqrt(0.2 * 0.5) = 2 : 1
    assert recipe("logit average").apply(TWO) == pytest.approx(np.array([[2 / 3, 1 / 3]]))


def test_stacking_by_hand():
    swap = ((0.0, 1.0), (1.0, 0.0))
    stacked = recipe("stacking", weights=(swap, EYE), bias=(float(np.log(3)), 0.0))
    assert stacked.apply(TWO) == pytest.approx(np.array([[0.6 / 1.4, 0.8 / 1.4]]))


def test_a_temperature_of_two_takes_the_root():
    # sqrt(0.8) : sqrt(0.2) = 2 : 1
    answer = recipe("soft vote", 1, temperature=2).apply(TWO[:1])
    assert answer == pytest.approx(np.array([[2 / 3, 1 / 3]]))
    assert recipe("soft vote", 1, temperature=2).uncalibrated(TWO[:1]) == pytest.approx(TWO[0])


def test_three_nets_that_err_on_different_images_err_on_none_together():
    right, wrong = [0.7, 0.3], [0.4, 0.6]
    nets = np.array([[wrong, right, right], [right, wrong, right], [right, right, wrong]])
    for combiner in COMBINERS:
        assert recipe(combiner, 3).apply(nets).argmax(axis=1).tolist() == [0, 0, 0]


def test_zero_counts_as_the_smallest():
    assert log([0.0, 1.0]) == pytest.approx([np.log(SMALLEST), 0])


def test_members_stand_by_share_then_name():
    ordered = recipe_of({"b": 1, "c": 2, "a": 1}, "soft vote")
    assert ordered.members == ("c", "a", "b")
    assert ordered.coefficients == (0.5, 0.25, 0.25)


def test_blocks_of_other_members_are_refused():
    with pytest.raises(ValueError, match="2 members"):
        recipe("soft vote").apply(TWO[:1])
    with pytest.raises(ValueError, match="weights and a bias"):
        EnsembleRecipe(("a",), (1.0,), "stacking").apply(TWO[:1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"members": ["a"]}, "1 members and 2 coefficients"),
        ({"members": ["a", "a"]}, "expected one each"),
        ({"members": [], "coefficients": []}, "0 members"),
        ({"coefficients": [0.9, 0.9]}, "sum to 1"),
        ({"coefficients": [1.5, -0.5]}, "sum to 1"),
        ({"combiner": "magic"}, "magic"),
        ({"temperature": 0}, "above 0"),
        ({"temperature": "hot"}, "hot"),
        ({"weights": None}, "lacks weights or bias"),
        ({"bias": [0.0]}, r"expected \(2, 1, 1\)"),
        ({"bias": [0.0, float("nan")]}, "not finite"),
    ],
)
def test_a_damaged_recipe_is_refused(change, message):
    with pytest.raises(BadInput, match=message):
        EnsembleRecipe.from_json({**recipe("stacking").to_json(), **change})


@pytest.mark.parametrize("value", [None, [], 3, {"members": ["a"]}])
def test_what_is_no_recipe_at_all_is_refused(value):
    with pytest.raises(BadInput, match="the recipe"):
        EnsembleRecipe.from_json(value)
