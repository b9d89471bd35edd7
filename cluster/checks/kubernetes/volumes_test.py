from cluster.checks.files import REPOSITORY, Pins, described
from cluster.checks.kubernetes.volumes import kubernetes

TEXT = (REPOSITORY / "cluster" / "kuberay" / "rayjob.yaml").read_text()


def problems(old, new):
    """What is wrong with the pods once one size limit of all three is another."""
    assert old in TEXT
    made = kubernetes(described(TEXT.replace(old, new), "", Pins.of()))
    return [(problem.actual, problem.expected) for problem in made]


def test_scratch_folders_may_fill_the_limit_of_the_disk_and_not_more():
    """10 + 2 + 5 + 10 of 30 GiB, in each of three pods."""
    assert problems("sizeLimit: 5Gi", "sizeLimit: 8Gi") == []
    too_much = (
        "emptyDir volumes of 31 GiB",
        "at most the container's ephemeral-storage limit, 30Gi",
    )
    assert problems("sizeLimit: 5Gi", "sizeLimit: 9Gi") == [too_much] * 3


def test_those_in_memory_count_as_memory():
    """3 GiB, of 8 in the head's pod and of 24 in the others."""
    assert problems("sizeLimit: 3Gi", "sizeLimit: 8Gi") == []
    assert problems("sizeLimit: 3Gi", "sizeLimit: 9Gi") == [
        ("emptyDir volumes of 9 GiB", "at most the container's memory limit, 8Gi")
    ]
