"""Whether every field is one that its reader knows, of the right type."""

import difflib
import importlib.util
import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from cluster.checks.files import Description, Unreadable
from cluster.checks.kubernetes import KINDS
from cluster.checks.launched import READ
from cluster.checks.problem import Place, Problem, shown


def kubernetes_fields(description: Description) -> list[Problem]:
    """Against the tables in `kubernetes`."""
    found: list[Problem] = []
    for number, thing in enumerate(description.objects):
        if str(thing["kind"]) in KINDS:
            found += against(KINDS[str(thing["kind"])], thing, (number,))
        else:
            known = ", ".join(KINDS)
            found.append(
                Problem(
                    (number, "kind"),
                    shown(thing["kind"]),
                    f"one of {known}",
                    "keep other objects in files of their own, which this does not check",
                )
            )
    return found


def launcher_fields(description: Description) -> list[Problem]:
    """Against the schema that `ray up` itself applies, and the table in `launched`."""
    thing = description.objects[0]
    return [p for schema in (launcher_schema(), READ) for p in against(schema, thing, (0,))]


@cache
def launcher_schema() -> Any:
    """Ray's autoscaler/ray-schema.json, found without importing Ray.

    Raises:
        Unreadable: where Ray is not installed.
    """
    ray = importlib.util.find_spec("ray")
    if ray is None or not ray.submodule_search_locations:
        raise Unreadable("ray: not installed, and its schema is needed; pip install -e .")
    folder = Path(ray.submodule_search_locations[0])
    return json.loads((folder / "autoscaler" / "ray-schema.json").read_text())


def against(schema: Any, thing: Any, place: Place) -> list[Problem]:
    """What a schema has to say of a document, in our words."""
    errors = jsonschema.Draft7Validator(schema).iter_errors(thing)
    return [p for e in errors for p in _said(e, place)]


def _said(error: jsonschema.ValidationError, base: Place) -> Iterator[Problem]:
    place = (*base, *error.absolute_path)
    wanted: Any = error.validator_value
    if error.validator == "additionalProperties":
        known: Sequence[str] = list(error.schema.get("properties", {}))
        for name in sorted(map(str, set(error.instance) - set(known))):
            near = difflib.get_close_matches(name, known, 1)
            remedy = f"write {near[0]}" if near else "take it out"
            expected = f"one of {', '.join(sorted(known))}"
            yield Problem((*place, name), f"the unknown field {name}", expected, remedy)
    elif error.validator == "required":
        missing = error.message.split("'")[1]
        yield Problem(place, f"no {missing}", "one", f"add {missing}")
    elif error.validator == "type":
        names = wanted if isinstance(wanted, str) else " or ".join(wanted)
        remedy = "put it in quotes" if "string" in names and not _nested(error.instance) else ""
        yield Problem(place, shown(error.instance), f"a value of type {names}", remedy)
    elif error.validator == "enum":
        yield Problem(place, shown(error.instance), f"one of {', '.join(map(str, wanted))}")
    else:
        yield Problem(place, shown(error.instance), f"{error.validator} {shown(wanted)}")


def _nested(value: Any) -> bool:
    return isinstance(value, dict | list) or value is None
