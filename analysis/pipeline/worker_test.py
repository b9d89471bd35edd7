"""Every kind of task of the steps is known to the worker."""

from analysis.pipeline.task import Task
from analysis.pipeline.worker import TASKS


def kinds_below(kind):
    for each in kind.__subclasses__():
        yield each
        yield from kinds_below(each)


def test_every_kind_of_task_of_the_steps_has_its_function_and_its_own_word():
    kinds = {kind for kind in kinds_below(Task) if not kind.__module__.endswith("_test")}
    assert kinds == set(TASKS)
    assert len({kind.kind for kind in kinds}) == len(kinds)
