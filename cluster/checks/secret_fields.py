"""Whether anything secret stands in a file in clear."""

from collections.abc import Iterator
from typing import Any

from cluster.checks.files import Description, texts
from cluster.checks.problem import Place, Problem
from results.storage.secrets import assigned_in, forms_in, names_secret

FIELDS = ("key", "topologyKey", "HttpTokens")
"""Fields of descriptions that hold no secret, whatever their names say."""

ELSEWHERE = ("/", "~", "$", '"$')
"""What a value begins with that says where the secret is, and not what."""


def anywhere(description: Description) -> list[Problem]:
    """No text of the file is a secret, none is given to a name that says it is one."""
    problems: list[Problem] = []
    for number, thing in enumerate(description.objects):
        for place, text in texts(thing, (number,)):
            problems += in_text(place, text)
        problems += _given(thing, (number,))
    return problems


def in_text(place: Place, text: str) -> Iterator[Problem]:
    """Secrets that are known by their look, or assigned to a telling name; never repeated here."""
    for kind in forms_in(text):
        yield _secret(place, kind)
    for name, value in assigned_in(text):
        if telling(name) and not value.startswith(ELSEWHERE):
            yield _secret(place, f"a value for {name}")


def telling(name: str) -> bool:
    """Whether a name in a description says that its value is secret."""
    return names_secret(name) and name not in FIELDS


def _given(thing: Any, place: Place) -> Iterator[Problem]:
    if isinstance(thing, list):
        for position, value in enumerate(thing):
            yield from _given(value, (*place, position))
    elif isinstance(thing, dict):
        if telling(str(thing.get("name", ""))) and thing.get("value"):
            yield _secret((*place, "value"), f"a value for {thing['name']}")
        for key, value in thing.items():
            text = value if isinstance(value, str) else ""
            if telling(str(key)) and text and not text.startswith(ELSEWHERE):
                yield _secret((*place, key), f"a value for {key}")
            yield from _given(value, (*place, key))


def _secret(place: Place, what: str) -> Problem:
    return Problem(
        place,
        what,
        "a reference: secretKeyRef, a mounted file, the machine's own role",
        "take it out, and make a new one: what stood in a file is known",
    )
