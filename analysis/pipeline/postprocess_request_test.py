"""What may be asked for, and how a run that goes on asks for the same."""

import dataclasses

import pytest

from analysis.explain.methods.names import PASSES
from analysis.pipeline.postprocess_request import (
    COMMAND,
    QUICK_IMAGES,
    QUICK_METHODS,
    resume_command,
)
from orchestrator.errors import BadInput


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--methods", "gradcam,grandcam"], "--methods names grandcam; the methods are gradcam, "),
        (["--methods", ","], "--methods names nothing"),
        (["--members", "0"], "--members 0: an ensemble has 1 member or more"),
        (["--explain", "some"], "--explain some: give a number of images, 1 or more, or all"),
        (["--explain", "0"], "--explain 0: give a number"),
        (["--concurrency", "0"], "--concurrency 0: 1 worker or more"),
    ],
)
def test_what_cannot_be_is_refused_by_name(words, message):
    with pytest.raises(BadInput, match=message):
        COMMAND.read(["folder", *words])


def test_all_images_can_be_asked_for():
    assert COMMAND.read(["folder", "--explain", "all"]).request.explain is None
    assert COMMAND.read(["folder"]).request.split == "test"


def test_the_command_that_goes_on_asks_for_the_same_but_forces_nothing():
    words = ["a folder", "--members", "3", "--flip", "--force", "--methods", "gradcam"]
    words += ["--explain", "all", "--concurrency", "2"]
    command_line = resume_command(COMMAND.read(words))
    assert command_line.startswith("python -m jobs.postprocess 'a folder' ")
    assert "--force" not in command_line
    again = COMMAND.read(["a folder", *command_line.split("'a folder' ")[1].split()])
    assert again == dataclasses.replace(COMMAND.read(words), force=False)
    request = again.request
    assert (request.members, request.flip, request.methods) == (3, True, ("gradcam",))
    assert (request.explain, again.concurrency) == (None, 2)


def test_quick_asks_for_less_but_for_all_that_is_named():
    quick = COMMAND.read(["folder", "--quick"]).request
    assert (quick.explain, quick.methods) == (QUICK_IMAGES, QUICK_METHODS)
    assert set(QUICK_METHODS) <= set(PASSES)
    named = COMMAND.read(
        ["folder", "--quick", "--explain", "all", "--methods", "occlusion"]
    ).request
    assert (named.explain, named.methods, named.quick) == (None, ("occlusion",), True)
