import pytest

from cluster.checks import problems
from cluster.checks.files import REPOSITORY, Pins, described
from cluster.checks.kubernetes.network_policy import is_public

PINS = Pins.of()


@pytest.mark.parametrize(
    ("block", "public"),
    [
        ("10.0.0.0/8", False),
        ("fd00::/8", False),
        ("0.0.0.0/0", True),
        ("8.8.8.8", True),
        ("x", True),
    ],
)
def test_a_network_is_public_unless_it_is_known_to_be_private(block, public):
    assert is_public(block) is public


def test_kuberays_own_network_policy_does_as_well():
    text = (REPOSITORY / "cluster" / "kuberay" / "raycluster.yaml").read_text().split("---\n")[1]
    own = text.replace("  rayVersion", "  networkPolicy: {mode: DenyAllIngress}\n  rayVersion")
    assert problems(described(own, "", PINS)) == []
    assert problems(described(text, "", PINS)) != []
