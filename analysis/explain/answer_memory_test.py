"""What was asked before is not computed again, and comes out the same."""

import numpy as np

from analysis.explain.answer_memory import AnswerMemory, remembered
from analysis.explain.methods.catalogue import METHODS
from analysis.explain.methods.shared_pass_test import images, tiny
from analysis.explain.targets import directions


def test_each_image_is_computed_once_and_answers_come_in_the_order_asked():
    memory, computed = AnswerMemory(), []

    def compute(some):
        computed.extend(some[:, 0, 0].tolist())
        return some[:, 0, :1].astype(np.float32)

    faces = np.arange(5, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 2), np.uint8)
    assert memory.logits(faces[[0, 1, 1, 2]], compute)[:, 0].tolist() == [0, 1, 1, 2]
    assert memory.logits(faces[[3, 1, 0]], compute)[:, 0].tolist() == [3, 1, 0]
    assert sorted(computed) == [0, 1, 2, 3]
    assert memory.logits(faces[:0], compute).shape == (0, 1)


def test_maps_are_the_same_and_the_net_forgets_at_the_end():
    network = tiny()
    scores = [directions([0, 1, 2, 1, 0], 3), directions([2, 0, 1, 0, 1], 3)]
    for name in ("occlusion", "scorecam"):
        alone = [METHODS[name].maps(network, images(), one).values for one in scores]
        with remembered(network):
            again = [METHODS[name].maps(network, images(), one).values for one in scores]
        for one, other in zip(alone, again, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)
        assert network.memory is None
