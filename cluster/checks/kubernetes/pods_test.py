import pytest

from cluster.checks.files import REPOSITORY, Pins, read
from cluster.checks.kubernetes.pods import all_pods, clusters, quantity, runtime_environment

JOB = read(REPOSITORY / "cluster" / "kuberay" / "rayjob.yaml", Pins.of())


def test_the_pods_of_a_job_are_head_workers_and_submitter():
    pods = list(all_pods(JOB))
    assert [pod.role for pod in pods] == ["head", "worker", "worker", "submitter"]
    assert [pod.gpus for pod in pods] == [0, 1, 0, 0]


def test_the_environment_of_a_job_is_read_from_its_yaml():
    (cluster,) = clusters(JOB)
    assert runtime_environment(cluster)["env_vars"]["RAY_JOB_STOP_SIGNAL"] == "SIGINT"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("500m", 0.5),
        ("2", 2),
        (3, 3),
        ("1Gi", 2**30),
        ("1.5G", 1.5e9),
        ("10Ki", 10240),
        ("2P", 2e15),
    ],
)
def test_quantities_are_read_as_kubernetes_does(text, number):
    assert quantity(text) == number


def test_what_is_no_quantity_is_no_number():
    assert quantity("many") != quantity("many")
    assert quantity("1GB") != quantity("1GB")
