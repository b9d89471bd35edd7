"""What must hold of the image: pinned, without root, without secrets."""

import re
from collections.abc import Iterator

from cluster.checks import secrets as anything
from cluster.checks.files import Description
from cluster.checks.problem import Problem, shown
from cluster.checks.versions import installed
from cluster.checks.versions import pins as same_range

ROOT = ("root", "0")


def instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """Line, instruction in capitals and its words; lines that end in a backslash are joined."""
    begun, words = 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        begun = begun or number
        words += bare.removesuffix("\\") + (" " if bare.endswith("\\") else "")
        if not bare.endswith("\\"):
            name, _, rest = words.partition(" ")
            yield begun, name.upper(), rest.strip()
            begun, words = 0, ""


def base(description: Description) -> list[Problem]:
    """Built on an image with a version, of a Python that the project supports."""
    found: list[Problem] = []
    for line, name, words in instructions(description.text):
        if name != "FROM":
            continue
        image = words.split()[0]
        tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
        if "@sha256:" not in image and not re.match(r"\d+\.\d+\.\d+", tag):
            found.append(
                Problem(
                    (line,),
                    f"FROM {image}",
                    "a tag with a full version, such as python:3.11.14-slim-bookworm",
                    "name it: otherwise two builds differ",
                )
            )
    return found


def pins(description: Description) -> list[Problem]:
    """Every package comes from constraints.txt, and nothing is fetched besides."""
    found = same_range(description)
    installs = 0
    for line, name, words in instructions(description.text):
        if name == "RUN":
            installs += "pip install" in words
            found += installed((line,), words, description.pins)
            if re.search(r"\b(curl|wget)\b", words):
                remedy = "copy it in, or install it as a package"
                found.append(Problem((line,), "a download", "none", remedy))
        if name == "ADD":
            found.append(Problem((line,), f"ADD {shown(words)}", "COPY", "write COPY"))
    if not installs:
        found.append(Problem((), "no pip install", "one with -c constraints.txt", "add it"))
    return found


def user(description: Description) -> list[Problem]:
    """The last USER is a number, which Kubernetes can tell from root."""
    last = [(n, words) for n, name, words in instructions(description.text) if name == "USER"]
    if not last:
        return [Problem((), "no USER", "USER 1000:1000", "add it at the end: it runs as root")]
    line, said = last[-1]
    who = said.split(":")[0]
    if who in ROOT or not who.isdigit():
        return [Problem((line,), f"USER {said}", "USER 1000:1000", "a number other than 0")]
    return []


def token(description: Description) -> list[Problem]:
    """Ray asks for its token in every process that runs in the image."""
    if any(
        name == "ENV" and "RAY_AUTH_MODE=token" in words.split()
        for _, name, words in instructions(description.text)
    ):
        return []
    return [Problem((), "no RAY_AUTH_MODE", "ENV RAY_AUTH_MODE=token", "add it")]


def secrets(description: Description) -> list[Problem]:
    """Nothing secret in any instruction, nor copied in."""
    found: list[Problem] = []
    for line, name, words in instructions(description.text):
        found += anything.in_text((line,), words)
        if name == "ARG" and anything.telling(words.partition("=")[0]):
            remedy = "use `RUN --mount=type=secret`: build arguments stay in the image"
            found.append(Problem((line,), f"ARG {words.partition('=')[0]}", "none", remedy))
        if name == "COPY" and re.search(r"auth_token|\.aws|\.ssh|\.env\b|credentials", words):
            found.append(Problem((line,), f"COPY {shown(words)}", "code alone", "take it out"))
    return found
