import pytest

from orchestrator.driver.origin import code_notes, device_note, last_origin, origin_of
from orchestrator.errors import BadInput
from orchestrator.on_ray.resources import TrialResources
from orchestrator.process.provenance import code_digest

ONE_THREAD = TrialResources(1, 0.0)


def began(**changes):
    return origin_of(ONE_THREAD) | changes


def test_the_last_run_that_has_told_it_counts():
    events = [
        {"event": "begun", "origin": {"code": "a"}},
        {"event": "resumed", "origin": {"code": "b"}},
        {"event": "resumed"},  # of a version between
        {"event": "epoch", "trial": "x"},
    ]
    assert last_origin(events) == {"code": "b"}
    assert last_origin([{"event": "begun"}]) == {}


def test_under_the_same_code_and_packages_nothing_is_said():
    assert code_notes("/r/first", began(), accept=False) == []


def test_other_code_is_refused_unless_accepted_and_then_said():
    before = began(code="0123456789ab", commit="f" * 40 + "+changes")
    with pytest.raises(BadInput, match=r"/r/first: the code that computes .* add|accept that with"):
        code_notes("/r/first", before, accept=False)
    (note,) = code_notes("/r/first", before, accept=True)
    assert f"is {code_digest()} now and was 0123456789ab (commit ffffffffffff with changes" in note


def test_a_folder_of_an_older_version_is_gone_on_with_and_that_is_said():
    (note,) = code_notes("/r/old", {}, accept=False)
    assert "does not tell with which code it began" in note


def test_packages_that_numbers_go_through_are_named_others_are_not():
    packages = began()["packages"]
    other = packages | {"keras": "3.0.0", "tensorboard": "1.0"}
    (note,) = code_notes("/r/first", began(packages=other), accept=False)
    assert note == f"packages have changed since: keras {packages['keras']} (was 3.0.0)"


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        (TrialResources(1, 0.0), TrialResources(1, 0.0), ""),
        (TrialResources(1, 0.0), TrialResources(2, 0.0), "have 2 CPU threads now and had 1 CPU t"),
        (TrialResources(2, 0.0), TrialResources(1, 0.5), "have a GPU now and had 2 CPU threads"),
        (TrialResources(1, 0.5), TrialResources(3, 0.25), ""),  # threads feed a GPU
    ],
)
def test_threads_and_devices_that_mix_are_said(before, now, words):
    note = device_note(origin_of(before), origin_of(now))
    assert words in note
    assert bool(note) == bool(words)
    assert device_note({}, origin_of(now)) == ""
