"""Whether every field is one that its reader knows, of the right type."""

import difflib
import importlib.util
import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from referencing import Registry, Resource

from cluster.checks.files import Description, Unreadable
from cluster.checks.kubernetes.kuberay_schema import (
    DEFINITIONS,
    KINDS,
    OBJECT,
    TEXT,
    TEXTS,
    Schema,
    fields,
    many,
    table,
)
from cluster.checks.problem import Place, Problem, shown


def kubernetes_fields(description: Description) -> list[Problem]:
    """Against Kubernetes' published schema, and for Ray's kinds the tables in `kuberay_schema`."""
    problems: list[Problem] = []
    for number, thing in enumerate(description.objects):
        if str(thing["kind"]) in KINDS:
            problems += against(KINDS[str(thing["kind"])], thing, (number,))
        else:
            kinds = ", ".join(KINDS)
            problems.append(
                Problem(
                    (number, "kind"),
                    shown(thing["kind"]),
                    f"one of {kinds}",
                    "keep other objects in files of their own, which this does not check",
                )
            )
    return problems


def launcher_fields(description: Description) -> list[Problem]:
    """Against the schema that `ray up` itself applies, and types that it leaves open."""
    thing = description.objects[0]
    own = json.loads((_package("ray") / "autoscaler" / "ray-schema.json").read_text())
    return [p for schema in (own, LAUNCHER_TYPES) for p in against(schema, thing, (0,))]


def against(schema: Schema, thing: Any, place: Place) -> list[Problem]:
    """What a schema has to say of a document, in our words."""
    draft = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    validator = draft(schema, registry=_definitions())
    return [p for e in validator.iter_errors(thing) for p in _problems(e, place)]


@cache
def _definitions() -> Any:
    """Kubernetes' own types, as the package kubernetes-validate brings them."""
    folder = _package("kubernetes_validate") / "kubernetes-json-schema"
    newest = max(folder.glob("v*-local-strict"), key=lambda f: [*map(int, _numbers(f.name))])
    content = json.loads((newest / "_definitions.json").read_text())
    return Registry().with_resource(DEFINITIONS, Resource.from_contents(content))


def _numbers(name: str) -> list[str]:
    return name.removeprefix("v").partition("-")[0].split(".")


def _package(name: str) -> Path:
    """Where a package's files are, found without importing it.

    Raises:
        Unreadable: where it is not installed.
    """
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise Unreadable(
            f"{name}: not installed, and its schema is needed; pip install -e '.[dev]'"
        )
    return Path(spec.submodule_search_locations[0])


def _problems(error: jsonschema.ValidationError, base: Place) -> Iterator[Problem]:
    place = (*base, *error.absolute_path)
    wanted: Any = error.validator_value
    if error.validator == "additionalProperties":
        names: Sequence[str] = list(error.schema.get("properties", {}))
        for name in sorted(map(str, set(error.instance) - set(names))):
            near = difflib.get_close_matches(name, names, 1)
            remedy = f"write {near[0]}" if near else "take it out"
            expected = f"one of {', '.join(sorted(names))}"
            yield Problem((*place, name), f"the unknown field {name}", expected, remedy)
    elif error.validator == "required":
        missing = error.message.split("'")[1]
        yield Problem(place, f"no {missing}", "one", f"add {missing}")
    elif error.validator == "type":
        types = [n for n in ([wanted] if isinstance(wanted, str) else wanted) if n != "null"]
        remedy = "put it in quotes" if "string" in types and not _nested(error.instance) else ""
        yield Problem(place, shown(error.instance), f"a value of type {' or '.join(types)}", remedy)
    elif error.validator == "enum":
        yield Problem(place, shown(error.instance), f"one of {', '.join(map(str, wanted))}")
    else:
        yield Problem(place, shown(error.instance), f"{error.validator} {shown(wanted)}")


def _nested(value: Any) -> bool:
    return isinstance(value, dict | list) or value is None


_MACHINE = fields(
    text="InstanceType machineType",
    SecurityGroupIds=TEXTS,
    NetworkInterfaces=many(fields(boolean="AssociatePublicIpAddress")),
    networkInterfaces=many(OBJECT),
    guestAccelerators=many(fields(integer="acceleratorCount")),
    InstanceMarketOptions=fields("MarketType"),
    scheduling=fields("provisioningModel", boolean="preemptible"),
)
_RULE = fields(IpRanges=many(fields("CidrIp")), Ipv6Ranges=many(fields("CidrIpv6")))
_COMMANDS: Any = dict.fromkeys(("initialization_commands", "setup_commands", "head_setup_commands",
             "worker_setup_commands", "head_start_ray_commands",
             "worker_start_ray_commands"), TEXTS)  # fmt: skip
_OPTIONS: Any = dict.fromkeys(("run_options", "head_run_options", "worker_run_options"), TEXTS)
_NODE = fields(
    integer="min_workers max_workers", resources=table({"type": "number"}), node_config=_MACHINE
)
LAUNCHER_TYPES = fields(
    text="head_node_type",
    integer="max_workers",
    idle_timeout_minutes={"type": "number"},
    provider=fields("type", security_group=fields(IpPermissions=many(_RULE))),
    auth=OBJECT,
    docker=fields("image head_image worker_image", **_OPTIONS),
    available_node_types=table(_NODE),
    file_mounts=table(TEXT),
    **_COMMANDS,
)
"""Of what our checks read in a description for `ray up`."""
