"""GPUs asked for against GPUs offered."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cluster.checks.entrypoint import Entrypoint
from cluster.checks.files import Description, at
from cluster.checks.kubernetes.pods import GPU, Cluster, clusters, pods, quantity
from cluster.checks.problem import Place, Problem

OFFERED = {
    "g4dn.xlarge": 1, "g4dn.2xlarge": 1, "g4dn.4xlarge": 1, "g4dn.8xlarge": 1, "g4dn.12xlarge": 4,
    "g5.xlarge": 1, "g5.2xlarge": 1, "g5.4xlarge": 1, "g5.8xlarge": 1, "g5.12xlarge": 4,
    "g5.48xlarge": 8, "g6.xlarge": 1, "g6.2xlarge": 1, "g6.4xlarge": 1, "g6.12xlarge": 4,
    "g6.48xlarge": 8, "g6e.xlarge": 1, "g6e.2xlarge": 1, "p3.2xlarge": 1, "p3.8xlarge": 4,
    "p4d.24xlarge": 8, "p5.48xlarge": 8,
    "g2-standard-4": 1, "g2-standard-8": 1, "g2-standard-12": 1, "g2-standard-16": 1,
    "g2-standard-24": 2, "g2-standard-48": 4, "g2-standard-96": 8,
    "a2-highgpu-1g": 1, "a2-highgpu-2g": 2, "a2-highgpu-4g": 4, "a2-highgpu-8g": 8,
    "a3-highgpu-8g": 8,
}  # fmt: skip
"""GPUs of machine types that people rent; one that is not listed is not checked against it."""


@dataclass(frozen=True)
class Offer:
    """Of all GPU groups together.

    Attributes:
        largest: GPUs of one worker, at most.
        total: GPUs of all workers, at most.
    """

    largest: float
    total: float


def kubernetes(description: Description) -> Iterator[Problem]:
    """Ray is told what the container has, GPU pods reach GPU nodes, the job asks for no more."""
    for cluster in clusters(description):
        for pod in pods(cluster):
            if pod.role != "submitter":
                yield from _declared(pod.place[:-1], pod.group, pod.gpus)
            least = pod.group.get("minReplicas", 0)
            if pod.gpus and least:
                where = (*pod.place[:-1], "minReplicas")
                yield Problem(where, f"{least} GPU workers at least", "0", "idle GPUs cost money")
            if pod.gpus and not _tolerated(pod.spec.get("tolerations", [])):
                yield Problem(
                    (*pod.place, "spec"),
                    f"{pod.gpus:g} GPUs and no toleration for {GPU}",
                    "one",
                    f"add {{key: {GPU}, operator: Exists, effect: NoSchedule}}",
                )
        if cluster.job is not None:
            yield from _requested(cluster, offer(cluster))


def offer(cluster: Cluster) -> Offer:
    """What the worker groups can have at most."""
    each = [
        (pod.gpus, pod.group.get("maxReplicas", 0) * pod.group.get("numOfHosts", 1))
        for pod in pods(cluster)
        if pod.role == "worker"
    ]
    return Offer(max((n for n, _ in each), default=0), sum(n * times for n, times in each))


def _declared(place: Place, group: Mapping[str, Any], limit: float) -> Iterator[Problem]:
    for key, inside in (("rayStartParams", "num-gpus"), ("resources", "GPU")):
        number = at(group, key, inside)
        if number is not None and quantity(number) != limit:
            yield Problem(
                (*place, key, inside),
                f"{number} GPUs told to Ray",
                f"{limit:g}, the container's limit of {GPU}",
                "write the same number, or Ray starts trials that find no GPU",
            )


def _tolerated(tolerations: list[Mapping[str, Any]]) -> bool:
    return any(t.get("key") in (GPU, None) for t in tolerations)


def _requested(cluster: Cluster, offered: Offer) -> Iterator[Problem]:
    job = cluster.job or {}
    place = (*cluster.job_place, "entrypoint")
    try:
        entry = Entrypoint.of(job.get("entrypoint", ""))
    except ValueError:
        return  # `resume` says so
    share = entry.number("gpus-per-trial")
    if share is None and offered.total and entry.job == "sweep":
        yield Problem(
            place,
            "no --gpus-per-trial",
            "one",
            "add --gpus-per-trial 0.25: the driver's pod has no GPU, so it would ask for none",
        )
    yield from _too_many(place, share or 0.0, offered.largest, "a trial", "one worker")
    at_once = entry.number("concurrency")
    if share and at_once is None:
        yield Problem(
            place,
            "no --concurrency",
            "one",
            f"add --concurrency {int(offered.total / share)}: from no worker at all "
            "the sweep cannot know how many will come",
        )
    total = (share or 0.0) * (at_once or 0.0)
    yield from _too_many(place, total, offered.total, "all trials at once", "all workers")
    for_driver = float(job.get("entrypointNumGpus", 0))
    place = (*cluster.job_place, "entrypointNumGpus")
    yield from _too_many(place, for_driver, offered.largest, "the driver", "one worker")


def _too_many(
    place: Place, requested: float, offered: float, who: str, whom: str
) -> Iterator[Problem]:
    if requested > offered:
        yield Problem(
            place,
            f"{requested:g} GPUs for {who}",
            f"at most the {offered:g} that {whom} can have",
            "lower --gpus-per-trial or --concurrency, or offer more",
        )


def launcher(description: Description) -> Iterator[Problem]:
    """GPUs that a node type promises to Ray are those that the machine has."""
    types = description.objects[0].get("available_node_types", {})
    for name, node in types.items():
        place = (0, "available_node_types", name, "resources", "GPU")
        promised = float(at(node, "resources", "GPU", default=0))
        config = node.get("node_config", {})
        machine = config.get("InstanceType") or config.get("machineType") or ""
        has = OFFERED.get(machine)
        added = [a.get("acceleratorCount", 0) for a in config.get("guestAccelerators", [])]
        for number, where in ((has, machine), (sum(added) if added else None, "guestAccelerators")):
            if number is not None and promised != number:
                yield Problem(
                    place,
                    f"{promised:g} GPUs promised to Ray",
                    f"{number}, which {where} has",
                    "write the same number, or trials wait for ever or find no GPU",
                )
