"""Whether everybody runs the same Ray: the one that is pinned."""

import re
from collections.abc import Iterator

from packaging.version import InvalidVersion, Version

from cluster.checks.files import Description, Pins, at, texts
from cluster.checks.kubernetes.pods import all_pods, clusters
from cluster.checks.problem import Place, Problem, shown


def pin_in_range(description: Description) -> list[Problem]:
    """The pin in constraints.txt lies within pyproject.toml's range."""
    pins = description.pins
    if Version(pins.ray) in pins.allowed:
        return []
    return [
        Problem(
            (),
            f"ray=={pins.ray} in cluster/constraints.txt",
            f"ray{pins.allowed} as in pyproject.toml",
            "change one of the two and everything that this names",
        )
    ]


def kubernetes(description: Description) -> list[Problem]:
    """`rayVersion` and every image carry the pinned version."""
    problems = pin_in_range(description)
    for cluster in clusters(description):
        version = cluster.spec.get("rayVersion")
        if version != description.pins.ray:
            place = (*cluster.place, "rayVersion")
            problems.append(_version(place, shown(version), description.pins))
        override = at(cluster.spec, "autoscalerOptions", "image")
        if override is not None:
            place = (*cluster.place, "autoscalerOptions", "image")
            problems += tagged(place, override, description.pins)
    for pod in all_pods(description):
        for place, container in pod.containers():
            problems += tagged((*place, "image"), container.get("image", ""), description.pins)
    return problems


def launcher(description: Description) -> list[Problem]:
    """Images carry the pinned version, and no command installs another."""
    thing = description.objects[0]
    problems = pin_in_range(description)
    for key in ("image", "head_image", "worker_image"):
        if key in thing.get("docker", {}):
            problems += tagged((0, "docker", key), thing["docker"][key], description.pins)
    for place, text in texts(thing, (0,)):
        if "pip install" in text:
            problems += installed(place, text, description.pins)
    return problems


def tagged(place: Place, image: str, pins: Pins) -> list[Problem]:
    """An image's tag is the pinned version, or begins with it and a hyphen."""
    name = image.partition("@")[0].rpartition("/")[2]
    tag = name.partition(":")[2]
    try:
        same = Version(tag.partition("-")[0]) == Version(pins.ray)
    except InvalidVersion:
        same = False
    return [] if same else [_version(place, f"the image {shown(image)}", pins)]


def installed(place: Place, command: str, pins: Pins) -> Iterator[Problem]:
    """Each `pip install` in a command keeps to constraints.txt, and each ray== to the pin."""
    for version in re.findall(r"\bray(?:\[[^\]]*\])?==([^\s'\"]+)", command):
        if version != pins.ray:
            yield _version(place, f"ray=={version}", pins)
    for part in re.split(r"&&|;|\|\||\n", command):
        if "pip install" in part and not re.search(r"(-c|--constraint)[ =]\S*constraints", part):
            yield Problem(
                place,
                f"{shown(part.strip())}, which takes whatever is newest",
                "pip install -c constraints.txt ...",
                "add -c with cluster/constraints.txt, or install it in the image",
            )


def _version(place: Place, text: str, pins: Pins) -> Problem:
    return Problem(
        place,
        text,
        f"Ray {pins.ray}, as pinned in cluster/constraints.txt",
        "build and name the image of that version; all nodes and the driver must run the same",
    )
