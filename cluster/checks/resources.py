"""What containers ask of machines, and how many machines there may be."""

from collections.abc import Iterator, Mapping
from typing import Any

from cluster.checks.files import Description, at
from cluster.checks.pods import GPU, Pod, all_pods, clusters, quantity
from cluster.checks.problem import Place, Problem, shown

ASKED = ("cpu", "memory")


def requests_and_limits(description: Description) -> list[Problem]:
    """Every container asks for CPU and memory and is bounded in both; requests fit limits."""
    found: list[Problem] = []
    for cluster in clusters(description):
        options = cluster.spec.get("autoscalerOptions", {})
        if "resources" in options:
            place = (*cluster.place, "autoscalerOptions", "resources")
            found += bounded(place, options["resources"])
    for pod in all_pods(description):
        for place, container in pod.containers():
            found += bounded((*place, "resources"), container.get("resources", {}))
    return found


def bounded(place: Place, resources: Mapping[str, Any]) -> Iterator[Problem]:
    """One container's requests against its limits."""
    requests, limits = resources.get("requests", {}), resources.get("limits", {})
    for name in ASKED:
        for kind, said in (("requests", requests), ("limits", limits)):
            if name not in said:
                yield Problem(
                    (*place, kind),
                    f"no {name}",
                    f"{name} in requests and in limits",
                    f"add {name}; Ray takes what it offers from the limits",
                )
    for name, value in requests.items():
        limit = limits.get(name, value)
        if quantity(value) > quantity(limit):
            yield Problem(
                (*place, "requests", name),
                f"a request of {value} {name}",
                f"at most the limit, {limit}",
                "lower the request or raise the limit",
            )
        if name == GPU and quantity(value) != quantity(limits.get(name, 0)):
            yield Problem(
                (*place, "requests", name),
                f"{value} GPUs requested and {limits.get(name, 'none')} in limits",
                "the same number in both",
                "GPUs cannot be shared out beyond their limit: write the same number",
            )


def autoscaling(description: Description) -> list[Problem]:
    """The autoscaler is on, version 2, and each group's counts are in order."""
    found: list[Problem] = []
    for cluster in clusters(description):
        if cluster.spec.get("enableInTreeAutoscaling") is not True:
            said = shown(cluster.spec.get("enableInTreeAutoscaling"))
            place = (*cluster.place, "enableInTreeAutoscaling")
            found.append(Problem(place, said, "true", "without it idle GPUs are never given back"))
        version = at(cluster.spec, "autoscalerOptions", "version")
        if version != "v2":
            place = (*cluster.place, "autoscalerOptions", "version")
            found.append(Problem(place, shown(version), "v2", "write version: v2"))
        for place, group in cluster.groups():
            found += counts(place, group)
    return found


def counts(place: Place, group: Mapping[str, Any]) -> Iterator[Problem]:
    """0 <= minReplicas <= replicas <= maxReplicas, GPUs from 0."""
    low, high = group.get("minReplicas", 0), group.get("maxReplicas")
    if high is None:
        yield Problem(
            place, "no maxReplicas", "a number", "add one: without it the bill has no bound"
        )
        return
    if not 0 <= low <= group.get("replicas", low) <= high:
        yield Problem(
            (*place, "maxReplicas"),
            f"minReplicas {low}, replicas {group.get('replicas', low)}, maxReplicas {high}",
            "0 <= minReplicas <= replicas <= maxReplicas",
        )
    pod = Pod((*place, "template"), group.get("template", {}), "worker", group)
    if low and quantity(at(pod.main, "resources", "limits", GPU, default=0)):
        yield Problem(
            (*place, "minReplicas"), f"{low} GPU workers at least", "0", "idle GPUs cost money"
        )


def volumes(description: Description) -> list[Problem]:
    """Every scratch folder is bounded; all fit the limit of disk, those in memory of memory."""
    return [p for pod in all_pods(description) for p in fitting(pod)]


def fitting(pod: Pod) -> Iterator[Problem]:
    """One pod's emptyDir volumes against the limits of its first container."""
    limits = at(pod.main, "resources", "limits", default={})
    used = {"memory": 0.0, "ephemeral-storage": 0.0}
    for position, volume in enumerate(pod.spec.get("volumes", [])):
        if "emptyDir" not in volume:
            continue
        scratch = volume["emptyDir"] or {}
        place = (*pod.place, "spec", "volumes", position)
        if "sizeLimit" not in scratch:
            yield Problem(
                place, "an emptyDir without sizeLimit", "one", "add it: it can fill the node's disk"
            )
        kind = "memory" if scratch.get("medium") == "Memory" else "ephemeral-storage"
        used[kind] += quantity(scratch.get("sizeLimit", 0))
    for kind, size in used.items():
        if kind in limits and size > quantity(limits[kind]):
            yield Problem(
                (*pod.place, "spec", "volumes"),
                f"emptyDir volumes of {size / 2**30:g} GiB",
                f"at most the container's {kind} limit, {limits[kind]}",
                f"raise the {kind} limit or lower a sizeLimit",
            )
