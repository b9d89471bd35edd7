"""Who can reach a cluster on Kubernetes, and with what."""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cluster.checks.files import Description, at
from cluster.checks.pods import Cluster, all_pods, clusters, pods, runtime_environment
from cluster.checks.problem import Place, Problem, shown

LOOPBACK = ("127.0.0.1", "localhost", "::1")
ANYWHERE = ("0.0.0.0", "::")
HOST = ("hostNetwork", "hostPID", "hostIPC")
FORWARD = "reach it by kubectl port-forward"


def world(block: Any) -> bool:
    """Whether a network in CIDR notation reaches beyond private ranges."""
    try:
        return not ipaddress.ip_network(str(block), strict=False).is_private
    except ValueError:
        return True


def services(description: Description) -> list[Problem]:
    """Only services inside the cluster, no ingress."""
    found: list[Problem] = []
    for cluster in clusters(description):
        head = cluster.spec.get("headGroupSpec", {})
        place = (*cluster.place, "headGroupSpec")
        kinds = {
            ("serviceType",): head.get("serviceType"),
            ("headService", "spec", "type"): at(head, "headService", "spec", "type"),
        }
        for keys, kind in kinds.items():
            if kind not in (None, "ClusterIP"):
                found.append(Problem((*place, *keys), shown(kind), "ClusterIP", FORWARD))
        for key in ("enableIngress", "ingressOptions"):
            if head.get(key):
                found.append(Problem((*place, key), shown(head[key]), "no ingress", FORWARD))
        outside = at(head, "headService", "spec", "externalIPs")
        if outside:
            keys = ("headService", "spec", "externalIPs")
            found.append(Problem((*place, *keys), shown(outside), "none", FORWARD))
    return found


def host(description: Description) -> list[Problem]:
    """No pod in the node's own network or process space, no port of the node."""
    found: list[Problem] = []
    for pod in all_pods(description):
        for key in HOST:
            if pod.spec.get(key):
                found.append(Problem((*pod.place, "spec", key), "true", "false", "take it out"))
        for place, container in pod.containers():
            for position, port in enumerate(container.get("ports", [])):
                if "hostPort" in port:
                    where = (*place, "ports", position, "hostPort")
                    found.append(Problem(where, shown(port["hostPort"]), "none", FORWARD))
    return found


def policies(description: Description) -> list[Problem]:
    """A policy in the same file guards every pod, and lets in neighbours and the operator alone."""
    specs = [(place, p.get("spec", {})) for place, p in description.of_kind("NetworkPolicy")]
    found = [problem for place, spec in specs for problem in _wide(place, spec)]
    for cluster in clusters(description):
        native = at(cluster.spec, "networkPolicy", "mode") in ("DenyAll", "DenyAllIngress")
        for pod in pods(cluster):
            labels = at(pod.template, "metadata", "labels", default={})
            if not native and not any(_guards(spec, labels) for _, spec in specs):
                found.append(
                    Problem(
                        (*pod.place, "metadata", "labels"),
                        f"a {pod.role} pod that no NetworkPolicy in this file selects",
                        "one with policyTypes [Ingress] and these labels in its podSelector",
                        "give pod and policy the same label",
                    )
                )
        found += _dashboard(cluster, native or bool(specs))
    return found


def _guards(spec: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    selector = spec.get("podSelector", {})
    wanted = selector.get("matchLabels", {})
    inward = "Ingress" in spec.get("policyTypes", ["Ingress"])
    return inward and not selector.get("matchExpressions") and wanted.items() <= labels.items()


def _wide(place: Place, spec: Mapping[str, Any]) -> Iterator[Problem]:
    for position, rule in enumerate(spec.get("ingress", [])):
        where = (*place, "spec", "ingress", position)
        peers: Sequence[Mapping[str, Any]] = rule.get("from") or []
        if not peers:
            yield Problem(where, "a rule without from", "one", "name the pods that may come in")
        for number, peer in enumerate(peers):
            if _open(peer):
                yield Problem(
                    (*where, "from", number),
                    f"{shown(peer)}, which lets in anybody",
                    "pods by label, or a private network",
                    "name a podSelector with labels",
                )


def _open(peer: Mapping[str, Any]) -> bool:
    if "ipBlock" in peer:
        return world(at(peer, "ipBlock", "cidr"))
    pods_named = any((peer.get("podSelector") or {}).values())
    spaces_named = any((peer.get("namespaceSelector") or {}).values())
    return (not pods_named and not spaces_named and "namespaceSelector" in peer) or peer == {}


def _dashboard(cluster: Cluster, guarded: bool) -> Iterator[Problem]:
    said = at(cluster.spec, "headGroupSpec", "rayStartParams", "dashboard-host")
    place = (*cluster.place, "headGroupSpec", "rayStartParams", "dashboard-host")
    tokens = at(cluster.spec, "authOptions", "mode") == "token"
    if said in (None, *ANYWHERE) and not (guarded and tokens):
        yield Problem(
            place,
            f"{shown(said or ANYWHERE[0])} without a network policy and token in the same file",
            "both, or 127.0.0.1",
            "add what is missing: whoever reaches the dashboard runs programs",
        )
    elif said not in (None, *ANYWHERE, *LOOPBACK):
        yield Problem(place, shown(said), "0.0.0.0 inside the pod, or 127.0.0.1")


def token(description: Description) -> list[Problem]:
    """Token authentication is said, and nothing switches it off again."""
    found: list[Problem] = []
    for cluster in clusters(description):
        mode = at(cluster.spec, "authOptions", "mode")
        if mode != "token":
            place = (*cluster.place, "authOptions", "mode")
            found.append(Problem(place, shown(mode), "token", "write authOptions: {mode: token}"))
        for place, value in _modes(cluster):
            if value != "token":
                found.append(
                    Problem(place, f"RAY_AUTH_MODE {shown(value)}", "token", "take it out")
                )
    return found


def _modes(cluster: Cluster) -> Iterator[tuple[Place, Any]]:
    for pod in pods(cluster):
        for place, container in pod.containers():
            for position, entry in enumerate(container.get("env", [])):
                if entry.get("name") == "RAY_AUTH_MODE":
                    yield (*place, "env", position), entry.get("value")
    said = at(runtime_environment(cluster), "env_vars", "RAY_AUTH_MODE")
    if said is not None:
        yield (*cluster.job_place, "runtimeEnvYAML"), said
