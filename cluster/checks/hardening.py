"""What a process that got out of hand could do in a pod."""

from collections.abc import Iterator, Mapping
from typing import Any

from cluster.checks.files import Description, at
from cluster.checks.pods import Pod, all_pods, clusters
from cluster.checks.problem import Place, Problem, shown

LOCKED: Mapping[tuple[str, ...], Any] = {
    ("allowPrivilegeEscalation",): False,
    ("readOnlyRootFilesystem",): True,
    ("capabilities", "drop"): ["ALL"],
}
"""What every container's securityContext must say."""

WRITABLE = ("/tmp", "/home/ray")
"""Where Ray and our libraries write: both need a volume when the root is read-only."""

KEPT = ("emptyDir", "persistentVolumeClaim", "nfs", "configMap", "secret", "projected", "csi",
        "ephemeral")  # fmt: skip


def pods(description: Description) -> list[Problem]:
    """No root, the runtime's default system-call filter, nothing of the node mounted."""
    found: list[Problem] = []
    for pod in all_pods(description):
        context = at(pod.spec, "securityContext", default={})
        place = (*pod.place, "spec", "securityContext")
        if context.get("runAsNonRoot") is not True:
            found.append(_must((*place, "runAsNonRoot"), context.get("runAsNonRoot"), True))
        if context.get("runAsUser") in (None, 0):
            found.append(
                Problem((*place, "runAsUser"), shown(context.get("runAsUser")), "1000",
                        "write the user of cluster/Dockerfile")
            )  # fmt: skip
        if at(context, "seccompProfile", "type") != "RuntimeDefault":
            said = at(context, "seccompProfile", "type")
            found.append(_must((*place, "seccompProfile", "type"), said, "RuntimeDefault"))
        for position, volume in enumerate(pod.spec.get("volumes", [])):
            if not any(kind in volume for kind in KEPT):
                found.append(
                    Problem(
                        (*pod.place, "spec", "volumes", position),
                        shown({k: v for k, v in volume.items() if k != "name"}),
                        "an emptyDir or a persistentVolumeClaim",
                        "a pod that sees the node's disk can leave the pod",
                    )
                )
    return found


def containers(description: Description) -> list[Problem]:
    """Every container is locked, KubeRay's autoscaler beside the head too, and can still write."""
    found: list[Problem] = []
    for cluster in clusters(description):
        options = cluster.spec.get("autoscalerOptions", {})
        place = (*cluster.place, "autoscalerOptions")
        found += _locked(place, options)
        found += _writable(place, options, ())
    for pod in all_pods(description):
        for place, container in pod.containers():
            found += _locked(place, container)
            found += _writable(place, container, () if pod.role == "submitter" else ("/dev/shm",))
            found += _named(place, container, pod)
    return found


def _locked(place: Place, container: Mapping[str, Any]) -> Iterator[Problem]:
    context = container.get("securityContext", {})
    for keys, wanted in LOCKED.items():
        said = at(context, *keys)
        if said != wanted:
            yield _must((*place, "securityContext", *keys), said, wanted)
    if context.get("privileged"):
        yield _must((*place, "securityContext", "privileged"), True, False)
    if at(context, "capabilities", "add"):
        said = at(context, "capabilities", "add")
        yield Problem((*place, "securityContext", "capabilities", "add"), shown(said), "none")
    if context.get("runAsUser") == 0 or context.get("runAsNonRoot") is False:
        yield Problem((*place, "securityContext"), "a container that runs as root", "user 1000")


def _writable(
    place: Place, container: Mapping[str, Any], more: tuple[str, ...]
) -> Iterator[Problem]:
    mounted = {m.get("mountPath", "").rstrip("/") for m in container.get("volumeMounts", [])}
    for folder in (*WRITABLE, *more):
        if folder not in mounted:
            yield Problem(
                (*place, "volumeMounts"),
                f"nothing at {folder}",
                "an emptyDir",
                f"mount one at {folder}: the root file system is read-only",
            )


def _named(place: Place, container: Mapping[str, Any], pod: Pod) -> Iterator[Problem]:
    known = {v.get("name") for v in pod.spec.get("volumes", [])}
    for position, mount in enumerate(container.get("volumeMounts", [])):
        if mount.get("name") not in known:
            yield Problem(
                (*place, "volumeMounts", position, "name"),
                shown(mount.get("name")),
                f"one of the pod's volumes, {', '.join(sorted(map(str, known)))}",
            )


def service_accounts(description: Description) -> list[Problem]:
    """Only the head, whose autoscaler needs it, carries a token of Kubernetes."""
    found: list[Problem] = []
    for pod in all_pods(description):
        if pod.role != "head" and pod.spec.get("automountServiceAccountToken") is not False:
            said = pod.spec.get("automountServiceAccountToken")
            found.append(_must((*pod.place, "spec", "automountServiceAccountToken"), said, False))
    return found


def _must(place: Place, said: Any, wanted: Any) -> Problem:
    return Problem(place, shown(said), shown(wanted), f"write {place[-1]}: {shown(wanted)}")
