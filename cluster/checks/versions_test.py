import pytest
from packaging.specifiers import SpecifierSet

from cluster.checks.files import Pins
from cluster.checks.versions import installed, tagged

PINS = Pins("2.60.0", SpecifierSet(">=2.60,<2.61"))


@pytest.mark.parametrize(
    ("image", "problems"),
    [
        ("registry/fer:2.60.0", 0),
        ("registry:5000/fer:2.60.0-gpu@sha256:12", 0),
        ("registry:5000/fer", 1),
        ("fer:2.60.1", 1),
        ("fer:latest", 1),
    ],
)
def test_a_tag_begins_with_the_pinned_version(image, problems):
    assert len(tagged((), image, PINS)) == problems


@pytest.mark.parametrize(
    ("command", "problems"),
    [
        ("pip install -c constraints.txt pandas", 0),
        ("pip install --constraint=cluster/constraints.txt 'ray[tune]==2.60.0'", 0),
        ("pip install pandas", 1),
        ("pip install -c constraints.txt a && pip install b ray==2.9.0", 2),
    ],
)
def test_what_is_installed_keeps_to_the_constraints(command, problems):
    assert len(list(installed((), command, PINS))) == problems
