import pytest

from jobs.sweep import as_a_job, main
from orchestrator.request import parse


@pytest.mark.parametrize(
    ("words", "added"),
    [
        ([], ["--address", "auto"]),
        (["--name", "first"], ["--address", "auto", "--go-on"]),
        (["--name=first"], ["--address", "auto", "--go-on"]),
        (["--name=first", "--address=10.0.0.1:6379"], ["--go-on"]),
        (["--name", "first", "--resume"], ["--address", "auto"]),
        (["--name", "first", "--go-on"], ["--address", "auto"]),
        (["--name", "first", "--dry-run"], ["--address", "auto"]),
        (["--list"], ["--address", "auto"]),
    ],
    ids=lambda words: " ".join(words) or "nothing",
)
def test_a_job_joins_its_cluster_and_goes_on_with_what_has_a_name(words, added):
    assert as_a_job(words) == [*words, *added]
    request = parse(as_a_job(words))
    assert request.address
    assert request.go_on == ("--go-on" in [*words, *added])


def test_the_exit_code_is_the_run_s_and_a_relative_folder_is_refused_with_the_reason(capsys):
    assert main(["quickstart", "--results", "here"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: --results here is relative; on a cluster the working directory")
    assert main(["quikstart", "--results", "/tmp"]) == 2
    assert "no sweep is called 'quikstart'" in capsys.readouterr().err


def test_the_named_sweeps_are_listed_without_a_cluster(capsys):
    assert main(["--list"]) == 0
    assert "quickstart" in capsys.readouterr().out
