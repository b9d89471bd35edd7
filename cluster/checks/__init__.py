"""What must hold of a cluster description: pure functions from a file to its problems."""

from collections.abc import Callable, Mapping, Sequence

from cluster.checks import (
    exposure,
    gpus,
    hardening,
    image,
    launcher,
    resources,
    resume,
    schema,
    secrets,
    starting,
    versions,
)
from cluster.checks.files import Description
from cluster.checks.problem import Problem

Check = Callable[[Description], Sequence[Problem]]

CHECKS: Mapping[str, Mapping[str, Check]] = {
    "kuberay": {
        "fields": schema.kubernetes_fields,
        "one Ray": versions.kubernetes,
        "gpus": gpus.kubernetes,
        "head without work": gpus.idle_head,
        "requests and limits": resources.requests_and_limits,
        "autoscaling": resources.autoscaling,
        "disk and memory of volumes": resources.volumes,
        "services": exposure.services,
        "host": exposure.host,
        "network policy": exposure.policies,
        "start options": starting.kubernetes,
        "token": exposure.token,
        "pods": hardening.pods,
        "containers": hardening.containers,
        "service account": hardening.service_accounts,
        "resume": resume.job,
        "secrets": secrets.anywhere,
    },
    "ray up": {
        "fields": schema.launcher_fields,
        "one Ray": versions.launcher,
        "gpus": gpus.launcher,
        "node types": launcher.node_types,
        "spot": launcher.spot,
        "own set-up": launcher.set_up,
        "start options": starting.launcher,
        "ports": launcher.ports,
        "security groups": launcher.security_groups,
        "public addresses": launcher.public_addresses,
        "token": launcher.token,
        "docker": launcher.docker,
        "secrets": secrets.anywhere,
    },
    "image": {
        "base": image.base,
        "pins": image.pins,
        "user": image.user,
        "token": image.token,
        "secrets": image.secrets,
    },
}
"""By the family of a file, then by name; one line adds a check."""


def problems(description: Description) -> list[Problem]:
    """All of a file's problems, in its own order; of those without a place, first.

    Where the fields themselves are wrong only that is said: other checks would guess.
    """
    checks = CHECKS[description.family]
    first = list(checks["fields"](description)) if "fields" in checks else []
    found = first or [p for name, c in checks.items() if name != "fields" for p in c(description)]
    return sorted(dict.fromkeys(found), key=lambda p: description.line(p.place))
