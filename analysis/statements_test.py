import pytest

from analysis.answer import answer
from analysis.made_up_sweeps import MadeUpSweep
from analysis.statements import statements, summary


def texts(sweep):
    parts = statements(answer(sweep.trials, sweep.epochs, sweep.right))
    return {part.setting or part.kind: part.text for part in parts}


def nets_and_variants():
    sweep = MadeUpSweep()
    sweep.add([0.78, 0.924], architecture="CCPCCPCCPFF", preprocessing="clahe")
    sweep.add([0.80, 0.921], architecture="cnn5", preprocessing="clahe")
    sweep.add([0.60, 0.700], architecture="cnn5", preprocessing="plain")
    sweep.add([0.30, 0.400], architecture="CPCPFF", preprocessing="plain")
    sweep.add([0.20], status="pruned", architecture="vgg", preprocessing="clahe")
    return sweep


def test_a_sweep_s_answer_in_words():
    words = texts(nets_and_variants())
    assert words["best"] == (
        "The best of 5 trials is CCPCCPCCPFF, clahe: validation accuracy 0.924 [0.906, 0.939] "
        "(n = 1,000)."
    )
    assert words["architecture"] == (
        "cnn5 cannot be told from CCPCCPCCPFF (0.921 against 0.924, p = 0.250). "
        "Behind: CPCPFF (0.400, p < 0.001) and vgg (0.200 at epoch 1, where the best had 0.780, "
        "p < 0.001). "
        "Never tried: CPCPFF with clahe; what sets them apart may be the other setting's doing. "
        "At epoch 1, the last that every measured trial reached, cnn5 led."
    )
    assert words["preprocessing"] == (
        "The 2 best configurations all have clahe (3 measured ones had it). "
        "clahe is best (0.924). Behind: plain (0.700, p < 0.001). "
        "Never tried: plain with CCPCCPCCPFF; what sets them apart may be the other setting's "
        "doing. At epoch 1, the last that every measured trial reached, clahe led as well."
    )
    assert "McNemar's exact test of two nets on the same 1,000 images and Fisher's" in words["how"]
    assert "corrected after Holm for 4 comparisons" in words["how"]


def test_a_sweep_s_answer_in_one_line():
    sweep = nets_and_variants()
    assert summary(answer(sweep.trials, sweep.epochs, sweep.right)) == (
        "The best of 5 trials is CCPCCPCCPFF, clahe: validation accuracy 0.924 [0.906, 0.939] "
        "(n = 1,000). architecture: cnn5 cannot be told from CCPCCPCCPFF; the best preprocessing "
        "is clahe (others were not tried with all that it was)."
    )


def test_one_trial_has_nothing_to_be_compared_with():
    sweep = MadeUpSweep()
    sweep.add([0.8])
    assert texts(sweep) == {
        "best": "The only one that was measured, cnn5, plain, has validation accuracy 0.800 "
        "[0.774, 0.824] (n = 1,000). There is nothing to compare it with."
    }


def test_all_were_stopped_early():
    sweep = MadeUpSweep()
    sweep.add([0.5, 0.8], status="pruned", preprocessing="clahe")
    sweep.add([0.4], status="pruned", preprocessing="plain")
    assert "every measured trial was stopped early" in texts(sweep)["best"]


def test_all_failed_and_none_measured_yet():
    sweep = MadeUpSweep()
    sweep.add([], status="failed", optimizer="adam")
    sweep.add([], status="failed", optimizer="sgd")
    assert texts(sweep) == {
        "best": "There is no answer: all 2 trials failed (the loss is not finite)."
    }
    sweep.add([], status="running", optimizer="muon")
    assert "has been measured yet" in texts(sweep)["best"]
    assert "has been measured yet" in texts(MadeUpSweep())["best"]


def test_who_was_better_as_far_as_it_went_is_not_called_worse():
    sweep = MadeUpSweep()
    sweep.add([0.3, 0.5, 0.9], optimizer="sgd")
    sweep.add([0.45], status="pruned", optimizer="adam")
    assert (
        "Ahead as far as they were trained: adam (0.450 at epoch 1, where the best had 0.300"
        in (texts(sweep)["optimizer"])
    )


@pytest.mark.parametrize(
    ("accuracies", "sentence"),
    [
        (
            (0.3, 0.6, 0.801, 0.802, 0.7, 0.2),
            "0.01 to 0.03 did well: 2 of 6 configurations cannot be told from the best, which has "
            "0.03 (0.001 to 0.3 were tried).",
        ),
        (
            (0.3, 0.6, 0.7, 0.8, 0.5, 0.2),
            "The best has 0.03; no other comes up to it (0.001 to 0.3 were tried).",
        ),
        (
            (0.3, 0.8, 0.5, 0.801, 0.5, 0.2),
            "0.003 to 0.03 did well: 2 of 6 configurations cannot be told from the best, which has "
            "0.03; 1 between them did worse (0.001 to 0.3 were tried).",
        ),
    ],
)
def test_a_range_of_numbers(accuracies, sentence):
    sweep = MadeUpSweep()
    for rate, accuracy in zip((0.001, 0.003, 0.01, 0.03, 0.1, 0.3), accuracies, strict=True):
        sweep.add([accuracy], learning_rate=rate)
    assert texts(sweep)["learning_rate"] == sentence


def test_over_seeds_means_are_compared_and_the_seed_s_own_share_is_named():
    sweep = MadeUpSweep()
    for seed, accuracy in enumerate((0.50, 0.52, 0.54)):
        sweep.add([accuracy], optimizer="sgd", seed=seed)
        sweep.add([accuracy + 0.01 * (1 + seed)], optimizer="adam", seed=seed)
    words = texts(sweep)
    assert words["best"] == (
        "The best of 6 trials is adam: a mean validation accuracy of 0.540 over 3 seeds."
    )
    assert words["optimizer"].startswith("sgd cannot be told from adam (0.520 against 0.540, p = ")
    assert words["seed"] == (
        "The seed alone moves accuracy by a standard deviation of 0.0255 (up to 3 seeds a "
        "configuration)."
    )
    assert "paired t-tests over the seeds" in words["how"]
