"""Whether a pod's scratch folders fit into what it may have."""

from collections.abc import Iterator

from cluster.checks.files import Description, at
from cluster.checks.kubernetes.pods import all_pods, quantity
from cluster.checks.problem import Problem


def kubernetes(description: Description) -> Iterator[Problem]:
    """A pod's scratch folders fit the limit of disk, those in memory the limit of memory."""
    for pod in all_pods(description):
        limits = at(pod.main, "resources", "limits", default={})
        sizes = {"memory": 0.0, "ephemeral-storage": 0.0}
        for volume in pod.spec.get("volumes", []):
            medium = at(volume, "emptyDir", "medium")
            kind = "memory" if medium == "Memory" else "ephemeral-storage"
            sizes[kind] += quantity(at(volume, "emptyDir", "sizeLimit", default=0))
        for kind, size in sizes.items():
            if kind in limits and size > quantity(limits[kind]):
                yield Problem(
                    (*pod.place, "spec", "volumes"),
                    f"emptyDir volumes of {size / 2**30:g} GiB",
                    f"at most the container's {kind} limit, {limits[kind]}",
                    f"raise the {kind} limit or lower a sizeLimit",
                )
