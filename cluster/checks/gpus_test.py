from cluster.checks.files import REPOSITORY, Pins, described
from cluster.checks.gpus import OFFERED, Offer, offer
from cluster.checks.kubernetes.pods import clusters

TEXT = (REPOSITORY / "cluster" / "kuberay" / "rayjob.yaml").read_text()


def offered(text):
    (cluster,) = clusters(described(text, "", Pins.of()))
    return offer(cluster)


def test_an_offer_is_the_largest_worker_and_the_sum_over_all():
    assert offered(TEXT) == Offer(largest=1, total=4)
    assert offered(TEXT.replace("maxReplicas: 4", "maxReplicas: 3")) == Offer(1, 3)
    hosts = "maxReplicas: 4\n        numOfHosts: 2"
    assert offered(TEXT.replace("maxReplicas: 4", hosts)) == Offer(1, 8)


def test_gpus_of_machine_types_are_whole_numbers():
    assert OFFERED["g5.12xlarge"] == 4
    assert all(count in (1, 2, 4, 8) for count in OFFERED.values())
