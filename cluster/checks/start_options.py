"""Whether `ray start` would take what it is told: it ends at once on what it does not know."""

import difflib
import re
from collections.abc import Iterator, Mapping

from cluster.checks.files import Description, at
from cluster.checks.kubernetes.pods import clusters
from cluster.checks.problem import Place, Problem, shown

_OPTIONS = """
    address autoscaling-config block cgroup-path dashboard-agent-grpc-port
    dashboard-agent-listen-port dashboard-host dashboard-port disable-usage-stats
    enable-object-reconstruction enable-resource-isolation head include-dashboard
    include-log-monitor labels labels-file log-color log-style max-worker-port memory
    metrics-export-port min-worker-port no-monitor no-redirect-output node-ip-address
    node-manager-port node-name num-cpus num-gpus object-manager-port object-spilling-directory
    object-store-memory plasma-directory port proxy-server-url ray-client-server-port
    ray-debugger-external redis-password redis-shard-ports redis-username resources
    runtime-env-agent-port system-config system-reserved-cpu system-reserved-memory temp-dir
    tracing-startup-hook verbose worker-port-list
"""
KNOWN = tuple(_OPTIONS.split())
"""Options of Ray 2.60's `ray start`; the test compares them with those of the installed one."""

START_COMMANDS = ("head_start_ray_commands", "worker_start_ray_commands")
COUNTS = ("num-cpus", "num-gpus")
SMALLEST = {"ray-client-server-port": 1024, "object-store-memory": 78_643_200}
"""Ray 2.60 refuses less: 0 does not switch the server for ray:// off."""


def kubernetes(description: Description) -> list[Problem]:
    """Every group's rayStartParams."""
    problems: list[Problem] = []
    for cluster in clusters(description):
        groups = [((*cluster.place, "headGroupSpec"), cluster.spec.get("headGroupSpec", {}))]
        for place, group in [*groups, *cluster.groups()]:
            options: Mapping[str, str] = at(group, "rayStartParams", default={})
            for name, value in options.items():
                problems += refused((*place, "rayStartParams", name), name, value)
    return problems


def launcher(description: Description) -> list[Problem]:
    """Every `ray start` in the commands for head and workers."""
    problems: list[Problem] = []
    for place, command in commands(description):
        for name, value in flags(command).items():
            problems += refused(place, name, value)
    return problems


def commands(description: Description, *keys: str) -> Iterator[tuple[Place, str]]:
    """Commands with `ray start`; of these keys, or of head and workers."""
    for key in keys or START_COMMANDS:
        for position, command in enumerate(description.objects[0].get(key, [])):
            if re.search(r"\bray start\b", command):
                yield (0, key, position), command


def flags(command: str) -> dict[str, str]:
    """What stands behind `ray start`: each option without its hyphens, and its value."""
    options = re.split(r"[;&|\n]", command.partition("ray start")[2])[0]
    return dict(re.findall(r"--([\w-]+)(?:[= ]([^\s-]\S*|-\d\S*))?", options))


def refused(place: Place, name: str, value: str) -> Iterator[Problem]:
    """Why Ray would not start with this option."""
    if name not in KNOWN:
        near = difflib.get_close_matches(name, KNOWN, 1)
        remedy = f"write {near[0]}" if near else "take it out"
        yield Problem(place, f"the unknown option {name}", "one of `ray start`", remedy)
    elif name in COUNTS and not re.fullmatch(r"\d+", value):
        yield Problem(place, f"{name} {shown(value)}", "a whole number")
    elif name in SMALLEST and not (value.isdigit() and int(value) >= SMALLEST[name]):
        remedy = "take it out: Ray ends at once on it"
        yield Problem(place, f"{name} {shown(value)}", f"at least {SMALLEST[name]}", remedy)
