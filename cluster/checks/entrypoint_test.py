import pytest

from cluster.checks.entrypoint import Entrypoint


def test_an_entrypoint_is_read_from_its_command_line():
    entry = Entrypoint.of("python -m jobs.sweep architectures --name=first --trials 8 --no-fuss")
    assert entry.job == "sweep"
    assert entry.flags == {"name": "first", "trials": "8", "no-fuss": ""}
    assert entry.number("trials") == 8
    assert entry.number("name") is None
    assert entry.number("absent") is None


def test_another_program_is_no_job_and_an_open_quotation_mark_no_command():
    assert Entrypoint.of("python train.py").job == ""
    with pytest.raises(ValueError, match="quotation"):
        Entrypoint.of("python -m 'jobs.sweep")
