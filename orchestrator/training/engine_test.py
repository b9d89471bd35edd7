import dataclasses
import itertools
import time

import keras
import numpy as np
import pytest

from orchestrator.models.views import shown
from orchestrator.testing.stand_ins import noise, numbers, tiny
from orchestrator.training.engines import ENGINES
from orchestrator.training.optimizers import OPTIMIZERS
from orchestrator.training.schedules import SCHEDULES
from orchestrator.training.training_run import TrainingRun

NOISE = noise()  # 64 images of 16 x 16 train, 32 validate, 4 classes


def _uneven():
    """Validates on its training images; the classes have 32, 16, 8 and 8 of them."""
    made, labels = noise(), np.repeat(np.arange(4, dtype=np.uint8), [32, 16, 8, 8])
    return dataclasses.replace(
        made,
        training_labels=labels,
        validation=made.training,
        validation_labels=labels,
        validation_ids=np.arange(64).astype(str),
        key="uneven",
    )


UNEVEN = _uneven()
ALL_ON = {
    "dropout": 0.3,
    "augmentation": "flip shift rotation zoom brightness erasing",
    "augmentation_strength": 0.5,
    "label_smoothing": 0.1,
    "mixup": 0.5,
    "sam_radius": 0.05,
    "ema": 0.8,
    "weight_decay": 1e-3,
    "learning_rate": 0.01,
}
"""Everything that the next epoch may depend on, at once."""


def new_engine():
    """Of the backend of this process: `KERAS_BACKEND=jax` tests the other."""
    return ENGINES[keras.backend.backend()](1)


@pytest.fixture(scope="module")
def engine():
    """One for all tests of this file: what one test trained must not matter to the next."""
    return new_engine()


def trained(engine, config, inputs=NOISE, epochs=2):
    run = TrainingRun(engine, config, inputs)
    for _ in range(epochs):
        run.epoch()
    return run


def rows(run):
    return [numbers(row) for row in run.history]


def assert_equal(a, b):
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)


# ---- the contract: same seed, same order, same weights; saved, loaded, gone on

DIALS = {
    "dropout": 0.9,
    "weight_decay": 0.5,
    "learning_rate": 0.1,
    "label_smoothing": 0.5,
    "class_weights": "balanced",
    "mixup": 5.0,
    "sam_radius": 2.0,
    "ema": 0.1,
    "augmentation_strength": 1.0,
}
BOTH = zip(itertools.cycle(OPTIMIZERS), itertools.cycle(SCHEDULES), strict=False)
PAIRS = list(itertools.islice(BOTH, max(len(OPTIMIZERS), len(SCHEDULES))))
"""Every optimizer and every schedule at least once."""


@pytest.mark.parametrize(("optimizer", "schedule"), PAIRS)
def test_what_was_trained_before_matters_to_none_and_a_checkpoint_goes_on(optimizer, schedule):
    """One compiled program of each of two engines serves all four questions."""
    config = tiny(
        **ALL_ON, optimizer=optimizer, schedule=schedule, momentum=0.5, plateau_patience=1
    )
    one, other = new_engine(), new_engine()

    uninterrupted = trained(one, config, UNEVEN, epochs=2)
    halfway, weights_halfway = one.state(), one.weights()
    programs = one.programs
    uninterrupted.epoch()
    uninterrupted.epoch()
    end, weights = one.state(), one.weights()

    # a program that was reset is a fresh one, and compiles nothing
    different = trained(one, dataclasses.replace(config, **DIALS, seed=7), UNEVEN)
    assert rows(different) != rows(uninterrupted)[:2]
    reset = trained(one, config, UNEVEN, epochs=2)
    assert one.programs == programs
    assert rows(reset) == rows(uninterrupted)[:2]
    assert_equal(one.state(), halfway)
    assert_equal(one.weights(), weights_halfway)

    # a fresh program that loads its state goes on as if nothing had happened
    run = TrainingRun(other, config, UNEVEN)
    run.load(*reset.state())
    run.epoch()
    run.epoch()
    assert [row.epoch for row in run.history] == [1, 2, 3, 4]
    assert rows(run) == rows(uninterrupted)
    assert_equal(other.state(), end)
    assert_equal(other.weights(), weights)
    assert_equal(run.best_weights, uninterrupted.best_weights)
    np.testing.assert_array_equal(run.best_probabilities, uninterrupted.best_probabilities)
    rates = [row.learning_rate for row in run.history]
    if schedule != "plateau":  # whose rate falls where the numbers happen to get no better
        assert (len(set(rates)) == 1) == (schedule == "constant")

    # the same seed gives the same weights in another engine, bit for bit, another seed others
    assert rows(trained(other, config, UNEVEN)) == rows(reset)
    assert_equal(other.state(), halfway)
    assert rows(trained(other, dataclasses.replace(config, seed=1), UNEVEN)) != rows(reset)
    kernels = zip(other.weights().values(), weights_halfway.values(), strict=True)
    assert any(not np.array_equal(a, b) for a, b in kernels)


def test_next_trial_of_a_program_costs_no_compiling():
    """Neither tracing nor TensorFlow's optimising, which was a third of the first epoch's time."""
    engine, seconds = new_engine(), []
    config = tiny(**ALL_ON, momentum=0.25)
    for seed in (0, 1):
        run = TrainingRun(engine, dataclasses.replace(config, seed=seed), NOISE)
        start = time.process_time()
        run.epoch()
        seconds.append(time.process_time() - start)
    assert seconds[1] < seconds[0] / 10


@pytest.mark.parametrize("name", DIALS)
def test_a_dial_is_turned_without_compiling_and_matters(name, engine):
    base = tiny(**{**ALL_ON, "optimizer": "sgd", "momentum": 0.5})
    before = rows(trained(engine, base, UNEVEN))
    programs = engine.programs
    turned = rows(trained(engine, dataclasses.replace(base, **{name: DIALS[name]}), UNEVEN))
    assert engine.programs == programs
    assert turned != before
    assert rows(trained(engine, base, UNEVEN)) == before


@pytest.mark.parametrize("change", [{"optimizer": "adam"}, {"width": 0.25}, {"pooling": "average"}])
def test_another_network_is_another_program(change, engine):
    trained(engine, tiny(), epochs=1)
    programs = engine.programs
    trained(engine, tiny(**change), epochs=1)
    assert engine.programs > programs


def test_state_of_another_network_is_refused_and_changes_nothing(engine):
    trained(engine, tiny(width=0.25), epochs=1)
    wider, names = engine.state(), sorted(engine.state())
    TrainingRun(engine, tiny(), NOISE)
    before = engine.state()
    for wrong in (wider, {name: wider[name] for name in names[:-1]}, {}):
        with pytest.raises(ValueError, match="another network"):
            engine.load_state(wrong)
    assert_equal(engine.state(), before)


def test_states_and_weights_outlive_the_next_epoch(engine):
    run = trained(engine, tiny(), epochs=1)
    state, weights = engine.state(), engine.weights()
    kept = [{k: np.array(v) for k, v in part.items()} for part in (state, weights)]
    run.epoch()
    assert_equal(state, kept[0])
    assert_equal(weights, kept[1])


# ---- one step by hand

PLAIN = {"batch_normalisation": False, "dropout": 0.0, "weight_decay": 0.0, "momentum": 0.0}


def stepped(engine, rates, inputs=NOISE, **changes):
    """Weights before and after some steps over all images, and what the epoch measured."""
    config = tiny(**{**PLAIN, **changes}, batch_size=len(inputs.training))
    engine.begin(config, inputs)
    before = engine.weights()
    order = np.tile(np.arange(len(inputs.training), dtype=np.int32), (len(rates), 1))
    result = engine.epoch(order, np.array(rates, np.float32))
    return before, engine.weights(), result.sums


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_rate_of_0_moves_and_decays_nothing(name, engine):
    before, still, _ = stepped(engine, [0.0], optimizer=name, weight_decay=0.1)
    assert_equal(before, still)


def test_every_step_takes_its_own_rate(engine):
    before, once, _ = stepped(engine, [0.01], optimizer="sgd")
    _, padded, _ = stepped(engine, [0.0, 0.01, 0.0], optimizer="sgd")
    for key in once:
        np.testing.assert_allclose(padded[key], once[key], atol=1e-7)
    assert any(not np.array_equal(before[key], once[key]) for key in before)


@pytest.mark.parametrize("name", ["sgd", "adamw", "muon"])
def test_one_step_of_decay_takes_rate_times_decay_of_every_kernel_and_of_nothing_else(name, engine):
    """For plain SGD coupled and decoupled decay are one; for the others only decoupled is this."""
    rate, decay = 0.1, 0.5
    changes = {"optimizer": name, "batch_normalisation": True}  # whose scales start at 1
    before, free, _ = stepped(engine, [rate], **changes)
    _, decayed, _ = stepped(engine, [rate], **changes, weight_decay=decay)
    kernels = [key for key in before if before[key].ndim > 1]
    assert len(kernels) == 2
    for key in before:
        lost = rate * decay * before[key] if key in kernels else 0 * before[key]
        np.testing.assert_allclose(free[key] - decayed[key], lost, atol=1e-6)


def test_coupled_decay_goes_through_the_gradient(engine):
    """Adam's first step has the size of the rate whatever the gradient; decay turns its sign."""
    before, after, _ = stepped(engine, [0.01], optimizer="adam", weight_decay=1e3)
    for key, value in before.items():
        if value.ndim > 1:
            away = np.abs(value) > 0.01  # there decay outweighs the loss
            expected = value - 0.01 * np.sign(value)
            np.testing.assert_allclose(after[key][away], expected[away], atol=1e-5)


def test_momentum_is_nesterovs(engine):
    """The first step is (1 + m) times the gradient's."""
    before, once, _ = stepped(engine, [1e-4], momentum=0.5)
    _, free, _ = stepped(engine, [1e-4], momentum=0.0)
    for key in before:
        step, plain = once[key] - before[key], free[key] - before[key]
        np.testing.assert_allclose(step, 1.5 * plain, rtol=1e-2, atol=1e-7)


def cross_entropy(logits, labels, smoothing, weights):
    """Mean loss by the definition, in NumPy."""
    logits, k = logits.astype(float), logits.shape[1]
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    targets = np.eye(k)[labels] * (1 - smoothing) + smoothing / k
    return np.mean(-(targets * log_p).sum(axis=1) * weights[labels])


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize(
    ("name", "weights"), [("none", [1, 1, 1, 1]), ("balanced", [0.5, 1, 2, 2])]
)
def test_loss_is_the_smoothed_and_weighted_cross_entropy(smoothing, name, weights, engine):
    _, _, sums = stepped(engine, [0.0], UNEVEN, label_smoothing=smoothing, class_weights=name)
    logits, labels = engine.predict_validation(), UNEVEN.training_labels
    expected = cross_entropy(logits, labels, smoothing, np.array(weights))
    assert sums.loss == pytest.approx(expected, rel=1e-5)
    right = logits.argmax(axis=1) == labels
    assert sums.accuracy == pytest.approx(right.mean())
    assert sums.images == 64


@pytest.mark.parametrize("share", [1.0, 0.75, 0.25])
def test_mixup_trains_on_means_of_two_images_and_of_their_losses(share, engine):
    """Validated are the means themselves, in float16 as a variant is: 1/4 of bytes is exact."""
    pixels = UNEVEN.training // 4 * 4 / np.float32(256)  # quarters of them fit into float16
    means, labels = share * pixels + (1 - share) * pixels[::-1], UNEVEN.training_labels
    images = {"training": pixels.astype(np.float16), "validation": means.astype(np.float16)}
    inputs = dataclasses.replace(UNEVEN, **images, key=f"mixed-{share}")
    changes = {"mixup": 1.0, "class_weights": "balanced", "label_smoothing": 0.1}
    engine.begin(tiny(**{**PLAIN, **changes}, batch_size=64), inputs)
    order, rates = np.arange(64, dtype=np.int32)[None], np.zeros(1, np.float32)
    result = engine.epoch(order, rates, np.array([share], np.float32))
    weights = np.array([0.5, 1, 2, 2])
    own, partners = (
        cross_entropy(result.logits, wanted, 0.1, weights) for wanted in (labels, labels[::-1])
    )
    assert result.sums.loss == pytest.approx(share * own + (1 - share) * partners, rel=1e-5)
    larger = labels if share >= 0.5 else labels[::-1]
    assert result.sums.accuracy == pytest.approx((result.logits.argmax(axis=1) == larger).mean())


def test_mixup_is_another_program_and_without_it_nothing_is_mixed(engine):
    plain = rows(trained(engine, tiny()))
    programs = engine.programs
    assert rows(trained(engine, tiny(mixup=0.2))) != plain
    assert engine.programs > programs
    assert rows(trained(engine, tiny())) == plain


# ---- averaged weights


@pytest.mark.parametrize(("ema", "decay"), [(0.9, 2 / 11), (0.1, 0.1)])
def test_average_follows_the_weights_with_a_decay_that_grows(ema, decay, engine):
    """After step s the decay is min(ema, (1 + s) / (10 + s)): 2/11 after the first."""
    start, free, _ = stepped(engine, [0.1], batch_normalisation=True)
    _, average, _ = stepped(engine, [0.1], batch_normalisation=True, ema=ema)
    for key in start:
        expected = decay * start[key] + (1 - decay) * free[key]
        np.testing.assert_allclose(average[key], expected, rtol=1e-5, atol=1e-6)


def test_average_predicts_and_training_goes_on_from_the_weights_themselves(engine):
    config = {"ema": 0.9, "batch_normalisation": True}
    stepped(engine, [0.1], **config)
    undisturbed = engine.state()
    logits = engine.predict_validation()
    average = engine.weights()
    assert_equal(engine.state(), undisturbed)
    model = engine._now.model
    for variable, value in zip(model.weights, average.values(), strict=True):
        variable.assign(value)
    x = NOISE.validation[..., None].astype(np.float32) / 255
    np.testing.assert_allclose(model(x, training=False), logits, atol=1e-5)


@pytest.mark.parametrize("views", ["flip", "flip_shifts", "ten_crop"])
def test_validation_is_predicted_over_the_views_and_training_knows_none(views, engine):
    plain = trained(engine, tiny(), UNEVEN, epochs=1)
    before = engine.weights()
    run = trained(engine, tiny(views=views), UNEVEN, epochs=1)
    assert_equal(engine.weights(), before)
    assert run.history[0].train_loss == plain.history[0].train_loss
    x = UNEVEN.validation[..., None].astype(np.float32) / 255
    model = engine._now.model
    for variable, value in zip(model.weights, before.values(), strict=True):
        variable.assign(value)
    powers = np.exp(np.asarray(model(shown(x, views), training=False), np.float64))
    each = (powers / powers.sum(axis=1, keepdims=True)).reshape(-1, 64, 4)
    np.testing.assert_allclose(run.best_probabilities, each.mean(axis=0), atol=1e-5)
    assert np.abs(run.best_probabilities - plain.best_probabilities).max() > 1e-3
