"""Whether anything secret stands in a file in clear."""

import re
from collections.abc import Iterator
from typing import Any

from cluster.checks.files import Description, texts
from cluster.checks.problem import Place, Problem

PATTERNS = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an AWS access key": re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a token of GitHub": re.compile(r"\b(gh[pousr]_|github_pat_)\w{20,}"),
    "a key of Google": re.compile(r"\bAIza[\w-]{30,}"),
    "a web token": re.compile(r"\beyJ[\w-]{10,}\.[\w-]{10,}\."),
    "credentials in a URI": re.compile(r"\w://[^\s/:@]+:[^\s/@]+@"),
    "credentials in a URI's settings": re.compile(r"[?&](access_key|secret_key|token)="),
}
NAMES = re.compile(r"(?i)(token|password|passwd|secret|api_?key|access_?key|credential)")
HARMLESS = re.compile(r"(?i)(mode|path|file|name|ref|mount|timeout|tokens)$")
"""Names that speak of a secret without being one: RAY_AUTH_TOKEN_PATH, secretName, HttpTokens."""
ELSEWHERE = ("/", "~", "$", '"$')
"""What a value begins with that says where the secret is, and not what."""
ASSIGNED = re.compile(r"\b([A-Za-z_]\w*)=(\S+)")


def anywhere(description: Description) -> list[Problem]:
    """No text of the file is a secret, none is given to a name that says it is one."""
    found: list[Problem] = []
    for number, thing in enumerate(description.objects):
        for place, text in texts(thing, (number,)):
            found += in_text(place, text)
        found += _given(thing, (number,))
    return found


def in_text(place: Place, text: str) -> Iterator[Problem]:
    """Secrets that are known by their look, or assigned to a telling name; never repeated here."""
    for kind, pattern in PATTERNS.items():
        if pattern.search(text):
            yield _secret(place, kind)
    for name, value in ASSIGNED.findall(text):
        if telling(name) and not value.startswith(ELSEWHERE):
            yield _secret(place, f"a value for {name}")


def telling(name: str) -> bool:
    """Whether a name says that its value is secret."""
    return bool(NAMES.search(name)) and not HARMLESS.search(name)


def _given(thing: Any, place: Place) -> Iterator[Problem]:
    if isinstance(thing, list):
        for position, value in enumerate(thing):
            yield from _given(value, (*place, position))
    elif isinstance(thing, dict):
        if telling(str(thing.get("name", ""))) and thing.get("value"):
            yield _secret((*place, "value"), f"a value for {thing['name']}")
        for key, value in thing.items():
            said = value if isinstance(value, str) else ""
            if telling(str(key)) and said and not said.startswith(ELSEWHERE):
                yield _secret((*place, key), f"a value for {key}")
            yield from _given(value, (*place, key))


def _secret(place: Place, what: str) -> Problem:
    return Problem(
        place,
        what,
        "a reference: secretKeyRef, a mounted file, the machine's own role",
        "take it out, and make a new one: what stood in a file is known",
    )
