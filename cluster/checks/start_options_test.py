import pytest

from cluster.checks.start_options import KNOWN, flags, refused


@pytest.mark.long
def test_known_start_options_are_those_of_the_installed_ray():
    start = pytest.importorskip("ray.scripts.scripts").start
    options = {o for p in start.params for o in (*p.opts, *p.secondary_opts)}
    assert sorted(KNOWN) == sorted(o.removeprefix("--") for o in options if o.startswith("--"))


def test_start_options_are_read_with_their_values_up_to_the_end_of_the_command():
    command = "ulimit -n 9; A=b ray start --head --port=6379 --num-cpus 0\n; other --flag x"
    assert flags(command) == {"head": "", "port": "6379", "num-cpus": "0"}


def test_an_option_that_ends_ray_at_once_is_refused():
    assert not list(refused((), "num-cpus", "4"))
    for name, value in (("num-cpu", "4"), ("num-cpus", "four"), ("object-store-memory", "0")):
        assert len(list(refused((), name, value))) == 1
