import keras
import numpy as np
import pytest

from orchestrator.testing.stand_ins import noise, numbers, tiny
from orchestrator.training.engines import ENGINES
from orchestrator.training.regularisation.sharpness import climbed
from orchestrator.training.training_run import TrainingRun

NOISE = noise()  # 64 images of 16 x 16 train, 4 classes
RATE, RADIUS = 0.25, 0.5
SETTINGS = {"batch_size": 64, "dropout": 0.4, "weight_decay": 0.0, "momentum": 0.0}
DIALS = {"label_smoothing": 0.1, "augmentation_strength": 0.5, "mixup": 1.0}


@pytest.fixture(scope="module")
def engine():
    """Of the backend of this process: `KERAS_BACKEND=jax` tests the other."""
    return ENGINES[keras.backend.backend()](1)


def test_weights_climb_by_the_radius_along_all_gradients_together():
    """The gradient is (3, 4), 5 long: a tenth of the way is (0.3, 0.4) of half a unit."""
    weights, gradients = [np.array([1.0]), np.array([[2.0]])], [np.array([3.0]), np.array([[4.0]])]
    moved = climbed(weights, gradients, 0.5)
    np.testing.assert_allclose(np.asarray(moved[0]), [1.3], rtol=1e-6)
    np.testing.assert_allclose(np.asarray(moved[1]), [[2.4]], rtol=1e-6)
    level = climbed(weights, [0 * gradient for gradient in gradients], 0.5)
    np.testing.assert_array_equal(np.asarray(level[0]), [1.0])


def stepped(engine, state, radius):
    """Every variable after one step from a state; the step's loss."""
    engine.begin(tiny(**SETTINGS, **DIALS, sam_radius=radius), NOISE)
    if state:
        engine.load_state(state)
    before = {name: np.array(value) for name, value in engine.state().items()}
    order, rates = np.arange(64, dtype=np.int32)[None], np.full(1, RATE, np.float32)
    result = engine.epoch(order, rates, np.full(1, 0.75, np.float32))
    return before, {k: np.array(v) for k, v in engine.state().items()}, result.sums


def test_a_step_is_that_of_the_gradient_half_a_unit_up_the_slope(engine):
    """Plain steps tell the gradient at the weights, then the one at the place above them."""
    start, plain, sums = stepped(engine, None, 0.0)
    trainable = {id(variable) for variable in engine._now.model.trainable_variables}
    variables = engine._now.model.variables
    names = dict(zip(sorted(start), (id(v) in trainable for v in variables), strict=False))
    learned = [name for name, learns in names.items() if learns]
    slope = {name: (start[name] - plain[name]) / RATE for name in learned}
    length = np.sqrt(sum((gradient**2).sum() for gradient in slope.values()))
    above = start | {name: start[name] + RADIUS * slope[name] / length for name in learned}
    _, from_above, _ = stepped(engine, above, 0.0)

    _, sharp, sharp_sums = stepped(engine, start, RADIUS)
    for name in learned:
        step = from_above[name] - above[name]
        np.testing.assert_allclose(sharp[name] - start[name], step, atol=2e-5)
    moved = [np.abs(sharp[name] - plain[name]).max() for name in learned]
    assert max(moved) > 1e-3  # it is another step
    others = [name for name in names if name not in learned]
    assert len(others) == 4  # moving mean and variance, the rate of dropout, its random state
    for name in others:  # as after the first pass alone
        np.testing.assert_allclose(sharp[name], plain[name], rtol=1e-6)
    assert sharp_sums.loss == pytest.approx(sums.loss, rel=1e-6)
    assert sharp_sums.accuracy == sums.accuracy


def test_it_is_another_program_and_the_one_without_it_stays_as_it_was(engine):
    def trained(**changes):
        run = TrainingRun(engine, tiny(**changes), NOISE)
        return numbers(run.epoch())

    plain, programs = trained(), engine.programs
    sharp = trained(sam_radius=0.1)
    assert engine.programs > programs
    programs = engine.programs
    assert trained(sam_radius=0.2) != sharp != plain
    assert engine.programs == programs
    assert trained() == plain
