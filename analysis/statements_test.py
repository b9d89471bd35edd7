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
        "At epoch 1, the last that all compared trials reached, cnn5 led."
    )
    assert words["preprocessing"] == (
        "The 2 best configurations both have clahe (3 of 5 measured ones had it). "
        "clahe is best (0.924). Behind: plain (0.700, p < 0.001). "
        "Never tried: plain with CCPCCPCCPFF; what sets them apart may be the other setting's "
        "doing. At epoch 1, the last that all compared trials reached, clahe led as well."
    )
    assert "McNemar's exact test of two nets on the same 1,000 images and Fisher's" in words["how"]
    assert "corrected after Holm for 4 comparisons" in words["how"]


def test_a_sweep_s_answer_in_one_line():
    sweep = nets_and_variants()
    assert summary(answer(sweep.trials, sweep.epochs, sweep.right)) == (
        "The best of 5 trials is CCPCCPCCPFF, clahe: validation accuracy 0.924 [0.906, 0.939] "
        "(n = 1,000). architecture: cnn5 cannot be told from CCPCCPCCPFF; the best preprocessing "
        "is clahe (others have no result with all that it has)."
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
    assert "no trial was trained to its end, so these are first impressions" in texts(sweep)["best"]


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


def test_what_holds_for_several_values_is_said_once_and_no_p_is_above_1():
    sweep = MadeUpSweep()
    for status, rate, optimizer in (("paused", 0.502, "sgd"), ("paused", 0.501, "adam")):
        sweep.add([rate], status, optimizer=optimizer)
    sweep.add([0.5], "paused", optimizer="muon")
    assert texts(sweep)["optimizer"].startswith(
        "adam and muon cannot be told from sgd (0.501 and 0.500 at epoch 1, where the best had "
        "0.502, p = 1.000)."
    )


def test_trials_that_time_ended_were_not_trained_to_their_end():
    sweep = MadeUpSweep()
    sweep.add([0.5], "stopped_early", optimizer="sgd")
    sweep.add([0.4], "pruned", optimizer="adam")
    sweep.trial_rows[0]["ended_by"] = "time"
    made = answer(sweep.trials, sweep.epochs, sweep.right)
    assert made.trained_to_end == 0
    assert "no trial was trained to its end" in texts(sweep)["best"]
    sweep.trial_rows[0]["ended_by"] = "patience"
    assert answer(sweep.trials, sweep.epochs, sweep.right).trained_to_end == 1


def test_over_seeds_means_are_compared_and_the_seed_s_own_share_is_named():
    sweep = MadeUpSweep()
    for seed, accuracy in enumerate((0.50, 0.52, 0.54)):
        sweep.add([accuracy], optimizer="sgd", seed=seed)
        sweep.add([accuracy + 0.01 * (1 + seed)], optimizer="adam", seed=seed)
    words = texts(sweep)
    assert words["best"] == (
        "The best of 2 configurations in 6 trials is adam: a mean validation accuracy of 0.540 "
        "over 3 seeds."
    )
    assert words["optimizer"].startswith("sgd cannot be told from adam (0.520 against 0.540, p = ")
    assert words["seed"] == (
        "The seed alone moves accuracy by a standard deviation of 0.0255 (up to 3 seeds a "
        "configuration)."
    )
    assert "paired t-tests over the seeds" in words["how"]


# --- each sentence only where it is true ------------------------------------------------------

ADAM, SGD, MUON = ({"optimizer": name} for name in ("adam", "sgd", "muon"))
CLAHE, PLAIN = ({"preprocessing": name} for name in ("clahe", "plain"))
CNN5, VGG = ({"architecture": name} for name in ("cnn5", "vgg"))
ONCE, TWICE = {"seed": 0}, {"seed": 1}
DONE, PRUNED, FAILED, RUNNING = "completed", "pruned", "failed", "running"
IMPRESSIONS = "first impressions"


def rates(accuracies, last=DONE):
    """A trial a learning rate; the lowest accuracy's has another status."""
    values = zip((0.001, 0.003, 0.01, 0.03, 0.1, 0.3), accuracies, strict=True)
    worst = min(accuracies)
    return [([a], last if a == worst else DONE, {"learning_rate": rate}) for rate, a in values]


def momenta(best):
    """Six momenta of sgd, the last two alike; and adam, which has none."""
    accuracies = (0.3, 0.4, 0.5, 0.6, 0.800, 0.801)
    made = [([a], DONE, SGD | {"momentum": i / 10}) for i, a in enumerate(accuracies, 1)]
    return [*made, ([best], DONE, ADAM)]


SITUATIONS = {
    "all ended": (
        [([0.8], DONE, ADAM), ([0.7], DONE, SGD)],
        ("The best of 2 trials is adam",),
        ("so far", "not ended", "failed", IMPRESSIONS, "had reached", "seeds", "common"),
    ),
    "one still runs": (
        [([0.8], DONE, ADAM), ([0.7], RUNNING, SGD)],
        ("The best so far of 2 trials (1 not ended) is adam",),
        (IMPRESSIONS,),
    ),
    "one still runs, one waits at a rung": (
        [([0.8], DONE, ADAM), ([0.7], RUNNING, SGD), ([0.6], "paused", MUON)],
        ("The best so far of 3 trials (2 not ended) is adam",),
        (IMPRESSIONS,),
    ),
    "all wait at a rung": (
        [([0.8], "paused", ADAM), ([0.7], "paused", SGD)],
        ("; no trial was trained to its end yet, so these are first impressions.", "so far of 2"),
        ("stopped early",),
    ),
    "one waits and none was measured": (
        [([], "paused", ADAM), ([], FAILED, SGD)],
        ("None of the other trials has been measured yet (1 failed), so there is no answer yet.",),
        (),
    ),
    "none has ended": (
        [([0.8], RUNNING, ADAM), ([0.7], RUNNING, SGD)],
        ("; no trial was trained to its end yet, so these are first impressions.",),
        ("stopped early",),
    ),
    "all were stopped": (
        [([0.8], PRUNED, ADAM), ([0.7], PRUNED, SGD)],
        ("; no trial was trained to its end, so these are first impressions.",),
        (" yet", "so far", "at its best epoch"),
    ),
    "one seed was stopped": (
        [([0.8], DONE, ADAM | ONCE), ([0.7], PRUNED, ADAM | TWICE)],
        ("no configuration was trained to its end with all its seeds",),
        (IMPRESSIONS, "nothing to compare", "The seed alone"),
    ),
    "one failed after it was measured": (
        [([0.8], DONE, ADAM), ([0.7], DONE, SGD), ([0.9], FAILED, MUON)],
        ("The best of 3 trials (1 failed, left out) is adam",),
        ("muon",),
    ),
    "a stopped one had reached more": (
        [([0.5, 0.8], DONE, ADAM), ([0.9], PRUNED, SGD)],
        ("sgd, not trained to its end, had reached 0.900.",),
        (IMPRESSIONS,),
    ),
    "one failed, one is not measured yet": (
        [([], RUNNING, ADAM), ([], FAILED, SGD)],
        ("None of the other trials has been measured yet (1 failed), so there is no answer yet.",),
        ("all 2 trials",),
    ),
    "nothing was measured, nothing runs": (
        [([], PRUNED, ADAM), ([], PRUNED, SGD)],
        ("No trial of this sweep has been measured, so there is no answer.",),
        (" yet",),
    ),
    "the only trial failed": (
        [([], FAILED, ADAM)],
        ("There is no answer: the only trial failed (the loss is not finite).",),
        ("all 1", "among others"),
    ),
    "one value has a result": (
        [([0.8], DONE, CLAHE | ADAM), ([0.7], DONE, CLAHE | SGD), ([], FAILED, PLAIN | ADAM)],
        ("Nothing can be compared with clahe, the only value with a result.",),
        ("best configurations",),
    ),
    "a pair failed": (
        [([0.9], DONE, CNN5 | CLAHE), ([0.6], DONE, VGG | PLAIN), ([], FAILED, VGG | CLAHE)],
        ("Tried without a result: vgg with clahe;", "Never tried: plain with cnn5;"),
        ("Never tried: vgg",),
    ),
    "a pair was never tried": (
        [([0.9], DONE, CNN5 | CLAHE), ([0.6], DONE, VGG | PLAIN)],
        ("Never tried: vgg with clahe;",),
        ("without a result",),
    ),
    "one was ahead as far as it went": (
        [([0.3, 0.9], DONE, SGD), ([0.45], PRUNED, ADAM)],
        (
            "sgd is best of those that went on to the end (0.900).",
            "at the last epoch that both of a pair reached; p values:",
        ),
        ("sgd is best (", "at its best epoch", "or each at its best"),
    ),
    "two led at the common epoch": (
        [([0.5, 0.9], DONE, SGD), ([0.5], PRUNED, ADAM)],
        ("adam cannot be told from sgd",),
        ("At epoch",),
    ),
    "a second seed went less far": (
        [([0.5, 0.7], DONE, SGD | ONCE), ([0.4], PRUNED, SGD | TWICE), ([0.3, 0.4], DONE, ADAM)],
        ("At epoch 1, the last that all compared trials reached,",),
        ("The seed alone", "At epoch 2,"),
    ),
    "two seeds each": (
        [
            ([a], DONE, optimizer | seed)
            for a, optimizer, seed in (
                (0.80, ADAM, ONCE),
                (0.82, ADAM, TWICE),
                (0.5, SGD, ONCE),
                (0.6, SGD, TWICE),
            )
        ],
        (
            "The best of 2 configurations in 4 trials is adam",
            "The seed alone moves accuracy",
            "of several seeds with its best net where images are counted",
        ),
        ("nothing to compare",),
    ),
    "rates, all to their end": (
        rates((0.3, 0.6, 0.7, 0.8, 0.5, 0.2)),
        (
            "no other comes up to it",
            "cannot be told from the best: McNemar's",
            "for 5 comparisons",
            "These comparisons are about validation images",
        ),
        ("Each value stands for",),
    ),
    "rates, one of them stopped": (
        rates((0.3, 0.6, 0.7, 0.8, 0.5, 0.2), PRUNED),
        ("no other that was trained to its end comes up to it",),
        ("no other comes up",),
    ),
    "one between the leaders was stopped": (
        rates((0.3, 0.8, 0.2, 0.801, 0.5, 0.4), PRUNED),
        ("1 between them did worse or had been stopped early",),
        (),
    ),
    "the best has no such number": (
        momenta(0.802),
        (
            "The best has no momentum; of those with one, 2 that cannot be told from it do with "
            "0.5 to 0.6 (0.1 to 0.6 were tried).",
        ),
        ("The best has 0", "did well"),
    ),
    "no leader has such a number": (
        momenta(0.95),
        ("None of the configurations that cannot be told from the best has a momentum.",),
        ("did well",),
    ),
}
"""What became of trials -> the trials, what is printed, what is not."""


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_sentence_is_printed_where_it_is_true_and_not_elsewhere(situation):
    trials, printed, absent = SITUATIONS[situation]
    sweep = MadeUpSweep()
    for curve, status, settings in trials:
        sweep.add(curve, status, **settings)
    outcome = answer(sweep.trials, sweep.epochs, sweep.right)
    text = "\n".join([*(part.text for part in statements(outcome)), summary(outcome)])
    assert [words for words in printed if words not in text] == []
    assert [words for words in absent if words in text] == []


def test_what_no_stored_epoch_compares_is_not_called_equal():
    sweep = MadeUpSweep()
    sweep.add([0.9], optimizer="sgd")
    sweep.add([0.5], PRUNED, optimizer="adam")
    outcome = answer(sweep.trials, sweep.epochs.head(0), sweep.right)
    (part,) = (part.text for part in statements(outcome) if part.kind == "setting")
    assert part == (
        "sgd has the highest accuracy (0.900). Not compared, for want of stored epochs: adam "
        "(0.500)."
    )
    assert "optimizer: sgd has the highest accuracy" in summary(outcome)
