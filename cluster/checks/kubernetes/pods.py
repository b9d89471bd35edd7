"""Where the pods are in a KubeRay file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from cluster.checks.files import Description, at
from cluster.checks.problem import Place

GPU = "nvidia.com/gpu"


@dataclass(frozen=True)
class Cluster:
    """The description of one Ray cluster, alone or inside a job.

    Attributes:
        place: of its spec.
        spec: RayClusterSpec.
        job: the RayJob's spec around it; None for a RayCluster.
        job_place: of that.
    """

    place: Place
    spec: Mapping[str, Any]
    job: Mapping[str, Any] | None = None
    job_place: Place = ()

    def groups(self) -> Iterator[tuple[Place, Mapping[str, Any]]]:
        """The worker groups."""
        for position, group in enumerate(self.spec.get("workerGroupSpecs", [])):
            yield (*self.place, "workerGroupSpecs", position), group


@dataclass(frozen=True)
class Pod:
    """A pod template.

    Attributes:
        place: of the template.
        template: PodTemplateSpec.
        role: head, worker or submitter.
        group: HeadGroupSpec or WorkerGroupSpec that it belongs to; empty for a submitter.
    """

    place: Place
    template: Mapping[str, Any]
    role: str
    group: Mapping[str, Any]

    @property
    def spec(self) -> Mapping[str, Any]:
        """PodSpec."""
        return at(self.template, "spec", default={})

    def containers(self) -> Iterator[tuple[Place, Mapping[str, Any]]]:
        """All containers, those for initialising first."""
        for key in ("initContainers", "containers"):
            for position, container in enumerate(self.spec.get(key, [])):
                yield (*self.place, "spec", key, position), container

    @property
    def main(self) -> Mapping[str, Any]:
        """The container that Ray runs in."""
        return at(self.spec, "containers", 0, default={})

    @property
    def gpus(self) -> float:
        """That Kubernetes gives it."""
        return quantity(at(self.main, "resources", "limits", GPU, default=0))


def clusters(description: Description) -> Iterator[Cluster]:
    """Every Ray cluster in the file."""
    for place, thing in description.of_kind("RayCluster"):
        yield Cluster((*place, "spec"), thing.get("spec", {}))
    for place, thing in description.of_kind("RayJob"):
        job = thing.get("spec", {})
        if "rayClusterSpec" in job:
            inside = (*place, "spec", "rayClusterSpec")
            yield Cluster(inside, job["rayClusterSpec"], job, (*place, "spec"))


def pods(cluster: Cluster) -> Iterator[Pod]:
    """Head, workers, and the submitter of a job."""
    head = cluster.spec.get("headGroupSpec", {})
    place = (*cluster.place, "headGroupSpec", "template")
    yield Pod(place, head.get("template", {}), "head", head)
    for inside, group in cluster.groups():
        yield Pod((*inside, "template"), group.get("template", {}), "worker", group)
    if cluster.job and "submitterPodTemplate" in cluster.job:
        place = (*cluster.job_place, "submitterPodTemplate")
        yield Pod(place, cluster.job["submitterPodTemplate"], "submitter", {})


def all_pods(description: Description) -> Iterator[Pod]:
    """Of every cluster in the file."""
    for cluster in clusters(description):
        yield from pods(cluster)


def runtime_environment(cluster: Cluster) -> Mapping[str, Any] | None:
    """What a job's runtimeEnvYAML says; None where it is no mapping, or no YAML at all."""
    try:
        environment = yaml.safe_load(at(cluster.job, "runtimeEnvYAML") or "{}")
    except (yaml.YAMLError, ValueError):  # the latter for a date that no calendar has
        return None
    return environment if isinstance(environment, dict) else None


def quantity(value: Any) -> float:
    """A Kubernetes quantity as a number: "500m" is 0.5, "1Gi" is 2 ** 30; NaN where it is none."""
    units = {"m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
    units |= {u + "i": 1024.0**n for n, u in enumerate("KMGTP", start=1)}
    text = str(value).strip()
    number = text.rstrip("mkMGTPiK")
    try:
        return float(number) * units.get(
            text[len(number) :], 1.0 if number == text else float("nan")
        )
    except ValueError:
        return float("nan")
