"""Whether everybody runs the same Ray: the one that is pinned."""

import re
from collections.abc import Iterator

from packaging.version import InvalidVersion, Version

from cluster.checks.files import Description, Pins, at, texts
from cluster.checks.pods import all_pods, clusters
from cluster.checks.problem import Place, Problem, shown


def pins(description: Description) -> list[Problem]:
    """The pin in constraints.txt lies within pyproject.toml's range."""
    said = description.pins
    if Version(said.ray) in said.allowed:
        return []
    return [
        Problem(
            (),
            f"ray=={said.ray} in cluster/constraints.txt",
            f"ray{said.allowed} as in pyproject.toml",
            "change one of the two and everything that this names",
        )
    ]


def kubernetes(description: Description) -> list[Problem]:
    """`rayVersion` and every image carry the pinned version."""
    found = pins(description)
    for cluster in clusters(description):
        said = cluster.spec.get("rayVersion")
        if said != description.pins.ray:
            place = (*cluster.place, "rayVersion")
            found.append(_version(place, shown(said), description.pins))
        override = at(cluster.spec, "autoscalerOptions", "image")
        if override is not None:
            place = (*cluster.place, "autoscalerOptions", "image")
            found += tagged(place, override, description.pins)
    for pod in all_pods(description):
        for place, container in pod.containers():
            found += tagged((*place, "image"), container.get("image", ""), description.pins)
    return found


def launcher(description: Description) -> list[Problem]:
    """Images carry the pinned version, and no command installs another."""
    thing = description.objects[0]
    found = pins(description)
    for key in ("image", "head_image", "worker_image"):
        if key in thing.get("docker", {}):
            found += tagged((0, "docker", key), thing["docker"][key], description.pins)
    for place, text in texts(thing, (0,)):
        if "pip install" in text:
            found += installed(place, text, description.pins)
    return found


def tagged(place: Place, image: str, said: Pins) -> list[Problem]:
    """An image's tag is the pinned version, or begins with it and a hyphen."""
    name = image.partition("@")[0].rpartition("/")[2]
    tag = name.partition(":")[2]
    try:
        same = Version(tag.partition("-")[0]) == Version(said.ray)
    except InvalidVersion:
        same = False
    return [] if same else [_version(place, f"the image {shown(image)}", said)]


def installed(place: Place, command: str, said: Pins) -> Iterator[Problem]:
    """Each `pip install` in a command keeps to constraints.txt, and each ray== to the pin."""
    for version in re.findall(r"\bray(?:\[[^\]]*\])?==([^\s'\"]+)", command):
        if version != said.ray:
            yield _version(place, f"ray=={version}", said)
    for part in re.split(r"&&|;|\|\||\n", command):
        if "pip install" in part and not re.search(r"(-c|--constraint)[ =]\S*constraints", part):
            yield Problem(
                place,
                f"{shown(part.strip())}, which takes whatever is newest",
                "pip install -c constraints.txt ...",
                "add -c with cluster/constraints.txt, or install it in the image",
            )


def _version(place: Place, found: str, said: Pins) -> Problem:
    return Problem(
        place,
        found,
        f"Ray {said.ray}, as pinned in cluster/constraints.txt",
        "build and name the image of that version; all nodes and the driver must run the same",
    )
