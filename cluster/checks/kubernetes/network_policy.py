"""Who can reach a cluster: pods by Kubernetes' network policies, machines by security groups."""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cluster.checks.files import Description, at
from cluster.checks.kubernetes.pods import Cluster, clusters, pods
from cluster.checks.problem import Place, Problem, shown

LOOPBACK = ("127.0.0.1", "localhost", "::1")
ANYWHERE = ("0.0.0.0", "::")


def is_public(block: Any) -> bool:
    """Whether a network in CIDR notation reaches beyond private ranges."""
    try:
        return not ipaddress.ip_network(str(block), strict=False).is_private
    except ValueError:
        return True


def kubernetes(description: Description) -> list[Problem]:
    """A policy in the same file guards every pod, and lets in neighbours and the operator alone."""
    specs = [(place, p.get("spec", {})) for place, p in description.of_kind("NetworkPolicy")]
    problems = [problem for place, spec in specs for problem in _too_wide(place, spec)]
    for cluster in clusters(description):
        native = at(cluster.spec, "networkPolicy", "mode") in ("DenyAll", "DenyAllIngress")
        for pod in pods(cluster):
            labels = at(pod.template, "metadata", "labels", default={})
            if not native and not any(_guards(spec, labels) for _, spec in specs):
                problems.append(
                    Problem(
                        (*pod.place, "metadata", "labels"),
                        f"a {pod.role} pod that no NetworkPolicy in this file selects",
                        "one with policyTypes [Ingress] and these labels in its podSelector",
                        "give pod and policy the same label",
                    )
                )
        problems += _dashboard(cluster, native or bool(specs))
    return problems


def _guards(spec: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    selector = spec.get("podSelector", {})
    wanted = selector.get("matchLabels", {})
    inward = "Ingress" in spec.get("policyTypes", ["Ingress"])
    return inward and not selector.get("matchExpressions") and wanted.items() <= labels.items()


def _too_wide(place: Place, spec: Mapping[str, Any]) -> Iterator[Problem]:
    for position, rule in enumerate(spec.get("ingress", [])):
        where = (*place, "spec", "ingress", position)
        peers: Sequence[Mapping[str, Any]] = rule.get("from") or []
        if not peers:
            yield Problem(where, "a rule without from", "one", "name the pods that may come in")
        for number, peer in enumerate(peers):
            if _admits_anybody(peer):
                yield Problem(
                    (*where, "from", number),
                    f"{shown(peer)}, which lets in anybody",
                    "pods by label, or a private network",
                    "name a podSelector with labels",
                )


def _admits_anybody(peer: Mapping[str, Any]) -> bool:
    if "ipBlock" in peer:
        return is_public(at(peer, "ipBlock", "cidr"))
    pods_named = any(peer.get("podSelector", {}).values())
    spaces_named = any(peer.get("namespaceSelector", {}).values())
    return (not pods_named and not spaces_named and "namespaceSelector" in peer) or peer == {}


def _dashboard(cluster: Cluster, guarded: bool) -> Iterator[Problem]:
    host = at(cluster.spec, "headGroupSpec", "rayStartParams", "dashboard-host")
    place = (*cluster.place, "headGroupSpec", "rayStartParams", "dashboard-host")
    tokens = at(cluster.spec, "authOptions", "mode") == "token"
    if host in (None, *ANYWHERE) and not (guarded and tokens):
        yield Problem(
            place,
            f"{shown(host or ANYWHERE[0])} without a network policy and token in the same file",
            "both, or 127.0.0.1",
            "add what is missing: whoever reaches the dashboard runs programs",
        )
    elif host not in (None, *ANYWHERE, *LOOPBACK):
        yield Problem(place, shown(host), "0.0.0.0 inside the pod, or 127.0.0.1")


def security_groups(description: Description) -> list[Problem]:
    """A group that Ray is told to make admits private networks alone."""
    rules = at(description.objects[0], "provider", "security_group", "IpPermissions", default=[])
    problems = []
    for position, rule in enumerate(rules):
        blocks = [r.get("CidrIp") for r in rule.get("IpRanges", [])]
        blocks += [r.get("CidrIpv6") for r in rule.get("Ipv6Ranges", [])]
        for block in filter(is_public, blocks):
            place: Place = (0, "provider", "security_group", "IpPermissions", position)
            remedy = "name the network that you come from"
            problems.append(Problem(place, shown(block), "a private network", remedy))
    return problems
