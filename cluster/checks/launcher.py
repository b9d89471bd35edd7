"""What must hold of a description for `ray up`."""

import re
from collections.abc import Iterator

from cluster.checks.exposure import LOOPBACK, world
from cluster.checks.files import Description, at
from cluster.checks.problem import Place, Problem, shown
from cluster.checks.starting import commands, flags

HEAD = "head_start_ray_commands"
STARTS = (HEAD, "worker_start_ray_commands")
SET_UP = ("setup_commands", "head_setup_commands", "worker_setup_commands")
LOCKED = ("--cap-drop=ALL", "--security-opt=no-new-privileges")
UNLOCKING = ("--privileged", "--cap-add", "--publish", "-p", "--pid", "--ipc", "--userns", "--user",
             "-u", "docker.sock")  # fmt: skip


def node_types(description: Description) -> list[Problem]:
    """The head is one of the node types and takes no trial; counts are in order; idle ones go."""
    thing = description.objects[0]
    found = list(_idle_head(description))
    types = thing.get("available_node_types", {})
    for name, node in types.items():
        low, high = node.get("min_workers", 0), node.get("max_workers", 0)
        place = (0, "available_node_types", name)
        if name != thing.get("head_node_type") and not 0 <= low <= high <= thing.get(
            "max_workers", 0
        ):
            found.append(
                Problem(
                    (*place, "max_workers"),
                    f"min_workers {low}, max_workers {high}, {thing.get('max_workers', 0)} in all",
                    "0 <= min_workers <= max_workers <= the file's own max_workers",
                )
            )
    if "idle_timeout_minutes" not in thing:
        found.append(
            Problem((0,), "no idle_timeout_minutes", "a number", "add it: idle machines cost")
        )
    return found


def _idle_head(description: Description) -> Iterator[Problem]:
    thing = description.objects[0]
    head = str(thing.get("head_node_type", ""))
    types = thing.get("available_node_types", {})
    if types and head not in types:
        known = ", ".join(types)
        yield Problem((0, "head_node_type"), shown(head), f"one of the node types, {known}")
    elif types:
        said = at(types, head, "resources", "CPU")
        if said != 0:
            place = (0, "available_node_types", head, "resources", "CPU")
            yield Problem(place, shown(said), "0", "a trial beside the driver can take its memory")
    elif not any(flags(c).get("num-cpus") == "0" for _, c in commands(description, HEAD)):
        yield Problem(
            (0, "head_start_ray_commands"),
            "a head that offers its cores",
            "ray start --head --num-cpus=0",
            "add --num-cpus=0: a trial beside the driver can take its memory",
        )


def spot(description: Description) -> list[Problem]:
    """Workers are spot machines, the head is not: with it the driver and the token would go."""
    thing = description.objects[0]
    found: list[Problem] = []
    for name, node in thing.get("available_node_types", {}).items():
        config = node.get("node_config", {})
        is_spot = (
            at(config, "InstanceMarketOptions", "MarketType") == "spot"
            or at(config, "scheduling", "provisioningModel") == "SPOT"
            or at(config, "scheduling", "preemptible") is True
        )
        is_head = name == thing.get("head_node_type")
        if is_spot == is_head:
            place = (0, "available_node_types", name, "node_config")
            who = "the head" if is_head else "a worker"
            wanted = "an on-demand machine" if is_head else "a spot machine"
            found.append(Problem(place, f"{who} that is not {wanted}", wanted))
    return found


def set_up(description: Description) -> list[Problem]:
    """What is installed is said: where nothing is, Ray's defaults install a nightly Ray."""
    thing = description.objects[0]
    return [
        Problem((0,), f"no {key}", "one, if only []", f"add {key}: [], or Ray's defaults run")
        for key in SET_UP
        if key not in thing
    ]


def ports(description: Description) -> list[Problem]:
    """The dashboard stays on loopback."""
    found: list[Problem] = []
    for key in STARTS:
        if not any(commands(description, key)):
            remedy = "add it: Ray's default opens the dashboard to the network"
            found.append(Problem((0, key), "no `ray start`", "one", remedy))
    for place, command in commands(description, HEAD):
        said = flags(command).get("dashboard-host", "not said")
        if said not in LOOPBACK:
            found.append(
                Problem(
                    place,
                    f"--dashboard-host {said}",
                    "--dashboard-host=127.0.0.1",
                    "reach it by `ray dashboard`, which goes through ssh",
                )
            )
    return found


def security_groups(description: Description) -> list[Problem]:
    """On AWS: groups are named, for one that Ray makes admits ssh from everywhere; none is wide."""
    thing = description.objects[0]
    found: list[Problem] = []
    place: Place
    rules = at(thing, "provider", "security_group", "IpPermissions", default=[])
    for position, rule in enumerate(rules):
        blocks = [r.get("CidrIp") for r in rule.get("IpRanges", [])]
        blocks += [r.get("CidrIpv6") for r in rule.get("Ipv6Ranges", [])]
        for block in filter(world, blocks):
            place = (0, "provider", "security_group", "IpPermissions", position)
            remedy = "name the network that you come from"
            found.append(Problem(place, shown(block), "a private network", remedy))
    if at(thing, "provider", "type") != "aws":
        return found
    for name, node in thing.get("available_node_types", {}).items():
        config = node.get("node_config", {})
        if not config.get("SecurityGroupIds") and "NetworkInterfaces" not in config:
            place = (0, "available_node_types", name, "node_config")
            found.append(
                Problem(
                    place,
                    "no SecurityGroupIds",
                    "a group of yours that lets in its own members only",
                    "add it: a group that Ray makes admits ssh from the whole world",
                )
            )
    return found


def public_addresses(description: Description) -> list[Problem]:
    """In a cloud no machine has a public address."""
    thing = description.objects[0]
    kind = at(thing, "provider", "type")
    if kind == "local":
        return []
    found: list[Problem] = []
    if at(thing, "provider", "use_internal_ips") is not True:
        said = shown(at(thing, "provider", "use_internal_ips"))
        found.append(
            Problem(
                (0, "provider", "use_internal_ips"),
                said,
                "true",
                "come in through auth.ssh_proxy_command",
            )
        )
    for name, node in thing.get("available_node_types", {}).items():
        config = node.get("node_config", {})
        place = (0, "available_node_types", name, "node_config")
        cards = config.get("networkInterfaces", []) + config.get("NetworkInterfaces", [])
        if kind == "gcp" and not cards:
            remedy = "add one without accessConfigs: Ray's default has a public address"
            found.append(Problem(place, "no networkInterfaces", "one", remedy))
        if any("accessConfigs" in c or c.get("AssociatePublicIpAddress") for c in cards):
            found.append(Problem(place, "a public address", "none", "take accessConfigs out"))
    return found


def token(description: Description) -> list[Problem]:
    """A token file is handed on, and every `ray start` is told to use it."""
    thing = description.objects[0]
    found: list[Problem] = []
    mounts = thing.get("file_mounts") or {}
    tokens = [target for target in mounts if target.endswith("auth_token")]
    if not tokens:
        found.append(
            Problem(
                (0, "file_mounts"),
                "no token file",
                "/home/ray/.ray/auth_token: ~/.ray/auth_token",
                "add it; `ray get-auth-token --generate` makes one",
            )
        )
    for place, command in commands(description):
        if "RAY_AUTH_MODE=token" not in command:
            remedy = "write it before `ray start`: without it Ray 2.60 joins without a token"
            found.append(Problem(place, "no RAY_AUTH_MODE", "RAY_AUTH_MODE=token", remedy))
        for path in re.findall(r"RAY_AUTH_TOKEN_PATH=(\S+)", command):
            if path not in tokens:
                expected = f"a file of file_mounts, {', '.join(tokens) or 'which names none'}"
                found.append(Problem(place, f"RAY_AUTH_TOKEN_PATH={path}", expected))
    return found


def docker(description: Description) -> list[Problem]:
    """All runs in the pinned image, without rights that it does not need."""
    thing = description.objects[0]
    said = thing.get("docker") or {}
    if not (said.get("image") or (said.get("head_image") and said.get("worker_image"))):
        remedy = "name the image of cluster/Dockerfile: it pins every package"
        return [Problem((0, "docker"), "no image", "one", remedy)]
    found: list[Problem] = []
    options = said.get("run_options") or []
    place = (0, "docker", "run_options")
    for option in LOCKED:
        if option not in options:
            found.append(Problem(place, f"no {option}", option, f"add {option}"))
    keys = ("run_options", "head_run_options", "worker_run_options")
    for key in keys:
        for position, option in enumerate(said.get(key) or []):
            name = re.split(r"[= ]", option)[0]
            if name in UNLOCKING or "docker.sock" in option:
                where = (0, "docker", key, position)
                found.append(Problem(where, shown(option), "nothing of the kind", "take it out"))
    return found
