"""What may be asked for, and how a run that goes on asks for the same."""

import pytest

from analysis.pipeline.postprocess_request import arguments, request_of, resume_command
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
        request_of(arguments(["folder", *words]))


def test_all_images_can_be_asked_for():
    assert request_of(arguments(["folder", "--explain", "all"])).explain is None
    assert request_of(arguments(["folder"])).split == "test"


def test_the_command_that_goes_on_asks_for_the_same_but_forces_nothing():
    words = ["a folder", "--members", "3", "--flip", "--force", "--methods", "gradcam"]
    command_line = resume_command(arguments(words))
    assert command_line.startswith("python -m jobs.postprocess 'a folder' ")
    assert "--force" not in command_line
    request = request_of(arguments(["a folder", *command_line.split("'a folder' ")[1].split()]))
    assert (request.members, request.flip, request.methods) == (3, True, ("gradcam",))
