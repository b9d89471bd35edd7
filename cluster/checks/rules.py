"""Rules about one place of a file each: a line says what must stand there, and why."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cluster.checks.files import Description, at
from cluster.checks.kubernetes.pods import GPU, Cluster, Pod, all_pods, clusters, quantity
from cluster.checks.problem import Place, Problem, shown

BESIDE_THE_DRIVER = "a trial beside the driver can take its memory"
PORT_FORWARD = "reach it by kubectl port-forward"
SET_UP = ("setup_commands", "head_setup_commands", "worker_setup_commands")
LOCKED = ("--cap-drop=ALL", "--security-opt=no-new-privileges")
UNLOCKING = ("--privileged", "--cap-add", "--publish", "-p", "--pid", "--ipc", "--userns", "--user",
             "-u")  # fmt: skip
KEPT = ("emptyDir", "persistentVolumeClaim", "nfs", "configMap", "secret", "projected", "csi",
        "ephemeral")  # fmt: skip
"""Kinds of volumes that show a pod nothing of its node."""


@dataclass(frozen=True)
class Rule:
    """What must stand at a place.

    Attributes:
        path: keys down to it, separated by spaces; * is each item of a list or mapping.
        allows: whether a value is right; None stands for one that is missing.
        expected: what would be right, in words.
        remedy: what to do, or why.
        actual: what stands there, in words; the value itself if empty.
    """

    path: str
    allows: Callable[[Any], bool]
    expected: str
    remedy: str = ""
    actual: str = ""

    def problems(self, thing: Any, place: Place) -> Iterator[Problem]:
        """Where a document that begins at a place breaks it."""
        for where, value in _values(thing, self.path.split(), place):
            if not self.allows(value):
                yield Problem(where, self.actual or shown(value), self.expected, self.remedy)


def _values(thing: Any, path: Sequence[str], place: Place) -> Iterator[tuple[Place, Any]]:
    if not path:
        yield place, thing
    elif path[0] == "*":
        items = thing.items() if isinstance(thing, Mapping) else enumerate(thing or [])
        for key, value in items:
            yield from _values(value, path[1:], (*place, key))
    else:
        yield from _values(at(thing, path[0]), path[1:], (*place, path[0]))


def must(path: str, value: Any, remedy: str = "") -> Rule:
    """This value and no other."""
    remedy = remedy or f"write {path.split()[-1]}: {shown(value)}"
    return Rule(path, lambda actual: actual == value, shown(value), remedy)


def may(path: str, value: Any, remedy: str = "take it out") -> Rule:
    """This value or nothing."""
    return Rule(path, lambda actual: actual in (None, value), shown(value), remedy)


def never(path: str, remedy: str = "take it out", expected: str = "none") -> Rule:
    """Nothing at all."""
    return Rule(path, lambda value: value is None or value is False, expected, remedy)


def present(path: str, expected: str, remedy: str) -> Rule:
    """Any value."""
    missing = f"no {path.split()[-1]}"
    return Rule(path, lambda value: value is not None, expected, remedy, missing)


def at_least_one(path: str, remedy: str) -> Rule:
    """A number from 1."""
    return Rule(path, lambda value: value is not None and value >= 1, "at least 1", remedy)


def mounted(folder: str) -> Rule:
    """A volume at a folder that Ray or a library of ours writes to."""
    return Rule(
        "volumeMounts",
        lambda mounts: folder in {m.get("mountPath", "").rstrip("/") for m in mounts or []},
        "an emptyDir",
        f"mount one at {folder}: the root file system is read-only",
        f"nothing at {folder}",
    )


def _a_quantity(path: str) -> Rule:
    return Rule(
        path, lambda value: value is None or quantity(value) >= 0, "a quantity such as 24Gi"
    )


def _requests_fit(resources: Any) -> bool:
    limits = at(resources, "limits", default={})
    requests = at(resources, "requests", default={})
    return all(quantity(n) <= quantity(limits.get(name, n)) for name, n in requests.items())


def _mounts_are_volumes(spec: Any) -> bool:
    containers = [*at(spec, "containers", default=[]), *at(spec, "initContainers", default=[])]
    mounts = {m.get("name") for c in containers for m in c.get("volumeMounts", [])}
    return mounts <= {v.get("name") for v in at(spec, "volumes", default=[])}


CONTAINER = (
    must("securityContext allowPrivilegeEscalation", False),
    must("securityContext readOnlyRootFilesystem", True),
    must("securityContext capabilities drop", ["ALL"]),
    never("securityContext capabilities add"),
    may("securityContext privileged", False),
    may("securityContext runAsNonRoot", True),
    Rule("securityContext runAsUser", lambda user: user != 0, "1000", "take it out"),
    never("ports * hostPort", PORT_FORWARD),
    _a_quantity("resources * *"),
    Rule("resources", _requests_fit, "requests of at most the limits", "lower the request"),
    mounted("/tmp"),
    mounted("/home/ray"),
)
BOUNDS = tuple(
    present(f"resources {kind} {name}", f"{name} in requests and in limits", "Ray counts by limits")
    for kind in ("requests", "limits")
    for name in ("cpu", "memory")
)
TOKEN = Rule(
    "env *",
    lambda entry: entry.get("name") != "RAY_AUTH_MODE" or entry.get("value") == "token",
    "token, or no RAY_AUTH_MODE",
    "take it out",
)
POD = (
    must("spec securityContext runAsNonRoot", True),
    Rule("spec securityContext runAsUser", bool, "1000", "write the user of cluster/Dockerfile"),
    must("spec securityContext seccompProfile type", "RuntimeDefault"),
    *(may(f"spec {name}", False) for name in ("hostNetwork", "hostPID", "hostIPC")),
    Rule(
        "spec volumes *",
        lambda volume: any(kind in volume for kind in KEPT),
        "an emptyDir or a persistentVolumeClaim",
        "a pod that sees the node's disk can leave the pod",
    ),
    Rule(
        "spec volumes *",
        lambda volume: "emptyDir" not in volume or at(volume, "emptyDir", "sizeLimit"),
        "an emptyDir with a sizeLimit",
        "add it: it can fill the node's disk",
    ),
    _a_quantity("spec volumes * emptyDir sizeLimit"),
    Rule("spec", _mounts_are_volumes, "names of its volumes", actual="a mount of no volume"),
    may("spec volumes * emptyDir medium", "Memory"),
)
WITHOUT_KUBERNETES = must("spec automountServiceAccountToken", False)
"""Only the head, whose autoscaler needs it, carries a token of Kubernetes."""

CLUSTER = (
    must("enableInTreeAutoscaling", True, "without it idle GPUs are never given back"),
    must("autoscalerOptions version", "v2"),
    must("authOptions mode", "token", "write authOptions: {mode: token}"),
    must("headGroupSpec rayStartParams num-cpus", "0", BESIDE_THE_DRIVER),
    Rule(
        f"headGroupSpec template spec containers * resources limits {GPU}",
        lambda count: not quantity(count or 0),
        "no GPU for the head",
        "give it to a worker group",
    ),
    may("headGroupSpec serviceType", "ClusterIP", PORT_FORWARD),
    may("headGroupSpec headService spec type", "ClusterIP", PORT_FORWARD),
    never("headGroupSpec headService spec externalIPs", PORT_FORWARD),
    never("headGroupSpec enableIngress", PORT_FORWARD, "no ingress"),
    never("headGroupSpec ingressOptions", PORT_FORWARD, "no ingress"),
)
JOB = (
    at_least_one("backoffLimit", "without it a lost head ends the sweep"),
    at_least_one("activeDeadlineSeconds", "without it a job that hangs costs for ever"),
)
SHUTDOWN = must("shutdownAfterJobFinishes", True, "idle machines cost")
CLAIM = (
    Rule(
        "spec accessModes *",
        lambda mode: mode in ("ReadWriteMany", "ReadWriteOnce", "ReadOnlyMany", "ReadWriteOncePod"),
        "ReadWriteMany, which head and workers need",
    ),
    _a_quantity("spec resources * *"),
)


def kubernetes(description: Description) -> list[Problem]:
    """Services, rights, tokens, bounds: everything that a line above says."""
    problems = [
        problem
        for place, claim in description.of_kind("PersistentVolumeClaim")
        for problem in _broken(CLAIM, claim, place)
    ]
    for cluster in clusters(description):
        problems += _of_cluster(cluster)
    for pod in all_pods(description):
        problems += _of_pod(pod)
    return problems


def _of_cluster(cluster: Cluster) -> Iterator[Problem]:
    yield from _broken(CLUSTER, cluster.spec, cluster.place)
    options = cluster.spec.get("autoscalerOptions", {})
    bounds = BOUNDS if "resources" in options else ()
    yield from _broken((*CONTAINER, *bounds), options, (*cluster.place, "autoscalerOptions"))
    if cluster.job is not None:
        rules = JOB if "deletionStrategy" in cluster.job else (*JOB, SHUTDOWN)
        yield from _broken(rules, cluster.job, cluster.job_place)


def _of_pod(pod: Pod) -> Iterator[Problem]:
    yield from _broken(POD, pod.template, pod.place)
    if pod.role != "head":
        yield from WITHOUT_KUBERNETES.problems(pod.template, pod.place)
    memory = () if pod.role == "submitter" else (mounted("/dev/shm"),)
    for place, container in pod.containers():
        yield from _broken((*CONTAINER, *BOUNDS, TOKEN, *memory), container, place)


def _broken(rules: Sequence[Rule], thing: Any, place: Place) -> Iterator[Problem]:
    for rule in rules:
        yield from rule.problems(thing, place)


_MACHINES = "available_node_types * node_config"
LAUNCHER = (
    present("idle_timeout_minutes", "a number", "add it: idle machines cost"),
    *(
        present(key, "one, if only []", f"add {key}: [], or Ray's defaults install a nightly Ray")
        for key in SET_UP
    ),
    Rule(
        "docker",
        lambda docker: at(docker, "image") or {"head_image", "worker_image"} <= {*(docker or ())},
        "an image",
        "name that of cluster/Dockerfile: it pins every package",
    ),
    *(
        Rule(
            "docker run_options",
            lambda options, lock=lock: lock in (options or ()),  # type: ignore[misc]
            lock,
            f"add {lock}",
        )
        for lock in LOCKED
    ),
    *(
        Rule(
            f"docker {key} *",
            lambda option: (
                option.replace("=", " ").split(" ")[0] not in UNLOCKING
                and "docker.sock" not in option
            ),
            "nothing of the kind",
            "take it out",
        )
        for key in ("run_options", "head_run_options", "worker_run_options")
    ),
)
CLOUD = (
    must("provider use_internal_ips", True, "come in through auth.ssh_proxy_command"),
    never(f"{_MACHINES} networkInterfaces * accessConfigs"),
    may(f"{_MACHINES} NetworkInterfaces * AssociatePublicIpAddress", False),
)
"""No machine has a public address."""

PROVIDERS: Mapping[str, Sequence[Rule]] = {
    "local": (),
    "aws": (
        *CLOUD,
        Rule(
            _MACHINES,
            lambda machine: at(machine, "SecurityGroupIds") or "NetworkInterfaces" in machine,
            "SecurityGroupIds with a group of yours that lets in its own members only",
            "add it: a group that Ray makes admits ssh from the whole world",
        ),
    ),
    "gcp": (
        *CLOUD,
        present(
            f"{_MACHINES} networkInterfaces",
            "one",
            "add one without accessConfigs: Ray's default has a public address",
        ),
    ),
}
"""By `provider.type`; any other is taken for a cloud."""


def launcher(description: Description) -> list[Problem]:
    """The same for `ray up`."""
    thing = description.objects[0]
    provider = str(at(thing, "provider", "type"))
    return list(_broken((*LAUNCHER, *PROVIDERS.get(provider, CLOUD)), thing, (0,)))
