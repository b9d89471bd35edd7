"""What must hold of a cluster description: functions from a file's text to its problems.

Kubernetes' schema, Ray's and hadolint say what anybody can know, the modules here the rest: GPU
sums, resuming, versions, tokens. They know no cluster, no network and none of our other packages.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from cluster.checks import (
    field_types,
    gpus,
    image,
    launcher,
    resume,
    rules,
    secret_fields,
    start_options,
    versions,
)
from cluster.checks.files import Description
from cluster.checks.kubernetes import network_policy, volumes
from cluster.checks.problem import Problem

Check = Callable[[Description], Iterable[Problem]]

CHECKS: Mapping[str, Mapping[str, Check]] = {
    "kuberay": {
        "fields": field_types.kubernetes_fields,
        "rules": rules.kubernetes,
        "one Ray": versions.kubernetes,
        "gpus": gpus.kubernetes,
        "volumes": volumes.kubernetes,
        "network policy": network_policy.kubernetes,
        "start options": start_options.kubernetes,
        "resume": resume.job,
        "secrets": secret_fields.anywhere,
    },
    "ray up": {
        "fields": field_types.launcher_fields,
        "rules": rules.launcher,
        "one Ray": versions.launcher,
        "gpus": gpus.launcher,
        "node types": launcher.node_types,
        "idle head": launcher.idle_head,
        "dashboard": launcher.dashboard,
        "security groups": network_policy.security_groups,
        "start options": start_options.launcher,
        "token": launcher.token,
        "secrets": secret_fields.anywhere,
    },
    "image": {
        "hadolint": image.hadolint,
        "rules": image.own_rules,
    },
}
"""By the family of a file, then by name; one line adds a check."""


def problems(description: Description) -> list[Problem]:
    """All of a file's problems, in its own order; of those without a place, first.

    Where the fields themselves are wrong only that is said: other checks would guess.
    """
    checks = dict(CHECKS[description.family])
    fields = checks.pop("fields", None)
    wrong = list(fields(description)) if fields else []
    if not wrong:
        plain = replace(description, objects=[_without_nulls(o) for o in description.objects])
        wrong = [problem for check in checks.values() for problem in check(plain)]
    return sorted(dict.fromkeys(wrong), key=lambda p: description.line(p.place))


def _without_nulls(thing: Any) -> Any:
    """As Kubernetes reads it: a null is a field that is absent, in a list an empty object."""
    if isinstance(thing, dict):
        return {key: _without_nulls(value) for key, value in thing.items() if value is not None}
    if isinstance(thing, list):
        return [{} if item is None else _without_nulls(item) for item in thing]
    return thing
