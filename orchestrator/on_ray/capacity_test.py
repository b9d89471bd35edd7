import pytest

from orchestrator.on_ray.capacity import FIRST_S, LONGEST_S, CapacityWatch, no_room
from orchestrator.on_ray.resources import TrialResources

NODES = [
    {"Alive": True, "Resources": {"CPU": 1.0, "memory": 5}},
    {"Alive": True, "Resources": {"CPU": 4.0}},
    {"Alive": False, "Resources": {"CPU": 64.0, "GPU": 8.0}},
]


class Scene:
    """A watch with a clock, and the lines that it showed."""

    def __init__(self):
        self.now, self.lines = 0.0, []
        self.watch = CapacityWatch(
            TrialResources(1, 0.5), self.lines.append, lambda: NODES, lambda: self.now
        )

    def after(self, seconds):
        self.now += seconds
        self.watch.check()
        return len(self.lines)

    def event(self, kind, trial="a"):
        self.watch.on_event({"event": kind, "trial": trial}, None)


def test_the_longer_it_takes_the_more_seldom_it_is_said():
    scene = Scene()
    assert scene.after(FIRST_S - 1) == 0
    assert scene.after(1) == 1
    assert scene.after(2 * FIRST_S - 1) == 1
    assert scene.after(1) == 2
    for _ in range(20):
        scene.after(LONGEST_S)
    heard = len(scene.lines)
    assert scene.after(LONGEST_S - 1) == heard
    assert scene.after(1) == heard + 1


def test_nothing_is_said_while_a_trial_runs():
    scene = Scene()
    scene.event("started", "a")
    scene.event("started", "b")
    assert scene.after(10 * FIRST_S) == 0
    scene.event("ended", "a")
    assert scene.after(10 * FIRST_S) == 0  # b still runs


@pytest.mark.parametrize("end", ["ended", "died"])
def test_a_trial_that_is_gone_does_not_run(end):
    scene = Scene()
    scene.event("started")
    scene.after(100)
    scene.event(end)
    assert scene.after(FIRST_S - 1) == 0  # the wait begins with its end
    assert scene.after(1) == 1


def test_the_sentence_says_what_is_asked_and_what_there_is():
    assert no_room(TrialResources(1, 0.5), NODES) == (
        "waiting for room: a trial takes 1 CPU and 0.5 GPU of one node; 2 nodes have up to 4 CPU "
        "and 0 GPU each: no trial can begin before a larger one joins"
    )
    assert no_room(TrialResources(4, 0.0), NODES).endswith("each: they are taken")
    assert "0 nodes have up to 0 CPU" in no_room(TrialResources(4, 0.0), [])
