"""What must hold of a description for `ray up` from one of its parts to another."""

import re
from collections.abc import Iterator

from cluster.checks.files import Description, at
from cluster.checks.kubernetes.network_policy import LOOPBACK
from cluster.checks.problem import Problem, shown
from cluster.checks.rules import BESIDE_THE_DRIVER
from cluster.checks.start_options import START_COMMANDS, commands, flags

HEAD = START_COMMANDS[0]


def node_types(description: Description) -> Iterator[Problem]:
    """Counts are in order; workers are spot machines, and the head, which keeps all, is none."""
    thing = description.objects[0]
    limit = thing.get("max_workers", 0)
    for name, node in thing.get("available_node_types", {}).items():
        low, high = node.get("min_workers", 0), node.get("max_workers", 0)
        place = (0, "available_node_types", name)
        is_head = name == thing.get("head_node_type")
        if not is_head and not 0 <= low <= high <= limit:
            yield Problem(
                (*place, "max_workers"),
                f"min_workers {low}, max_workers {high}, {limit} in all",
                "0 <= min_workers <= max_workers <= the file's own max_workers",
            )
        config = node.get("node_config", {})
        is_spot = (
            at(config, "InstanceMarketOptions", "MarketType") == "spot"
            or at(config, "scheduling", "provisioningModel") == "SPOT"
            or at(config, "scheduling", "preemptible") is True
        )
        if is_spot == is_head:
            who = "the head" if is_head else "a worker"
            wanted = "an on-demand machine" if is_head else "a spot machine"
            yield Problem((*place, "node_config"), f"{who} that is not {wanted}", wanted)


def idle_head(description: Description) -> Iterator[Problem]:
    """The head is one of the node types, and takes no trial."""
    thing = description.objects[0]
    head = str(thing.get("head_node_type", ""))
    types = thing.get("available_node_types", {})
    if types and head not in types:
        names = ", ".join(types)
        yield Problem((0, "head_node_type"), shown(head), f"one of the node types, {names}")
    elif types:
        cores = at(types, head, "resources", "CPU")
        if cores != 0:
            place = (0, "available_node_types", head, "resources", "CPU")
            yield Problem(place, shown(cores), "0", BESIDE_THE_DRIVER)
    elif not any(flags(c).get("num-cpus") == "0" for _, c in commands(description, HEAD)):
        yield Problem(
            (0, HEAD),
            "a head that offers its cores",
            "ray start --head --num-cpus=0",
            f"add --num-cpus=0: {BESIDE_THE_DRIVER}",
        )


def dashboard(description: Description) -> Iterator[Problem]:
    """It stays on loopback, for Ray's own commands would open it."""
    for key in START_COMMANDS:
        if not any(commands(description, key)):
            remedy = "add it: Ray's default opens the dashboard to the network"
            yield Problem((0, key), "no `ray start`", "one", remedy)
    for place, command in commands(description, HEAD):
        host = flags(command).get("dashboard-host", "not said")
        if host not in LOOPBACK:
            yield Problem(
                place,
                f"--dashboard-host {host}",
                "--dashboard-host=127.0.0.1",
                "reach it by `ray dashboard`, which goes through ssh",
            )


def token(description: Description) -> Iterator[Problem]:
    """A token file is handed on, and every `ray start` is told to use it."""
    mounts = description.objects[0].get("file_mounts") or {}
    tokens = [target for target in mounts if target.endswith("auth_token")]
    if not tokens:
        yield Problem(
            (0, "file_mounts"),
            "no token file",
            "/home/ray/.ray/auth_token: ~/.ray/auth_token",
            "add it; `ray get-auth-token --generate` makes one",
        )
    for place, command in commands(description):
        if "RAY_AUTH_MODE=token" not in command:
            remedy = "write it before `ray start`: without it Ray 2.60 joins without a token"
            yield Problem(place, "no RAY_AUTH_MODE", "RAY_AUTH_MODE=token", remedy)
        for path in re.findall(r"RAY_AUTH_TOKEN_PATH=(\S+)", command):
            if path not in tokens:
                expected = f"a file of file_mounts, {', '.join(tokens) or 'which names none'}"
                yield Problem(place, f"RAY_AUTH_TOKEN_PATH={path}", expected)
