"""Reading cluster descriptions: which family a file is of, its objects, the lines they stand on."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from cluster.checks.problem import Place

REPOSITORY = Path(__file__).parents[2]

FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's, where PyYAML was built with it: several times as fast."""


class Unreadable(ValueError):
    """A file that cannot be read as a cluster description; says where and why."""


@dataclass(frozen=True)
class Pins:
    """Which Ray the repository stands for.

    Attributes:
        ray: the exact version in cluster/constraints.txt.
        allowed: pyproject.toml's range.
    """

    ray: str
    allowed: SpecifierSet

    @classmethod
    def of(cls, repository: Path = REPOSITORY) -> "Pins":
        """Read from a repository.

        Raises:
            Unreadable: where one of the two files is missing or does not name Ray.
        """
        try:
            project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
            lines = (repository / "cluster" / "constraints.txt").read_text().splitlines()
        except OSError as e:
            raise Unreadable(
                f"{e.filename}: not there; run this in the repository, not in an installed package"
            ) from e
        wanted = [Requirement(text) for text in project["dependencies"]]
        ranges = [r.specifier for r in wanted if r.name == "ray"]
        exact = [line.partition("==")[2].strip() for line in lines if line.startswith("ray==")]
        if not ranges or not exact:
            raise Unreadable(
                "pyproject.toml, cluster/constraints.txt: expected a line for ray in each"
            )
        return cls(exact[0], ranges[0])


@dataclass(frozen=True)
class Description:
    """A file that describes a cluster or its image.

    Attributes:
        family: kuberay, ray up or image.
        objects: the YAML documents in it; none for an image.
        text: the file as it is.
        pins: Ray's version.
        lines: line of each place.
    """

    family: str
    objects: Sequence[Mapping[str, Any]]
    text: str
    pins: Pins
    lines: Mapping[Place, int] = field(default_factory=dict)

    def line(self, place: Place) -> int:
        """The line of a place or of the nearest thing around it; 0 for the whole file."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 0)

    def of_kind(self, *kinds: str) -> Iterator[tuple[Place, Mapping[str, Any]]]:
        """Kubernetes objects of these kinds with their places."""
        for number, thing in enumerate(self.objects):
            if thing.get("kind") in kinds:
                yield (number,), thing


def read(path: Path, pins: Pins) -> Description:
    """A file as a Description.

    Raises:
        Unreadable: where it is missing, no YAML, says a key twice, or is of no known family.
    """
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as e:
        reason = (e.strerror or e) if isinstance(e, OSError) else "not a text"
        raise Unreadable(
            f"{path}: cannot be read ({reason}); expected a cluster description"
        ) from e
    if path.name.startswith("Dockerfile") or path.suffix == ".Dockerfile":
        return described(text, "image", pins)
    try:
        return described(text, "", pins)
    except Unreadable as e:
        raise Unreadable(f"{path}{e}") from e


def described(text: str, family: str, pins: Pins) -> Description:
    """The content of a file as a Description; an empty family is told from the content.

    Raises:
        Unreadable: beginning with ":LINE: ", to be put behind the file's name.
    """
    if family == "image":
        lines: dict[Place, int] = {(n,): n for n in range(1, text.count("\n") + 2)}
        return Description("image", (), text, pins, lines)
    try:
        documents = [(node, o) for node, o in _documents(text) if o is not None]
        places = {
            where: n for i, (node, _) in enumerate(documents) for where, n in _lines(node, (i,))
        }
    except RecursionError as e:
        raise Unreadable(": an anchor contains itself; expected plain YAML") from e
    except yaml.YAMLError as e:
        mark = getattr(e, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        what = getattr(e, "problem", None) or "not YAML"
        raise Unreadable(f"{line}: {what}; expected YAML, mend the line or the one above") from e
    objects = [thing for _, thing in documents]
    return Description(_family(objects), objects, text, pins, places)


def _documents(text: str) -> list[tuple[Any, Any]]:
    """Each document's nodes, which know their lines, and what they stand for; read once."""
    try:
        return list(_read(FAST(text)))
    except yaml.YAMLError:
        return list(_read(yaml.SafeLoader(text)))  # names a line nearer to the slip


def _read(loader: Any) -> Iterator[tuple[Any, Any]]:
    while loader.check_node():
        node = loader.get_node()
        yield node, loader.construct_document(node)


def _family(objects: Sequence[Any]) -> str:
    if objects and all(isinstance(o, dict) for o in objects):
        if all("apiVersion" in o and "kind" in o for o in objects):
            return "kuberay"
        if len(objects) == 1 and "provider" in objects[0]:
            return "ray up"
    raise Unreadable(
        ": neither a Kubernetes object (apiVersion, kind) nor a description for `ray up` "
        "(cluster_name, provider); name another file"
    )


def _lines(node: Any, place: Place) -> Iterator[tuple[Place, int]]:
    yield place, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise Unreadable(
                    f":{key.start_mark.line + 1}: the key {key.value} stands here twice, and only "
                    "the last would count; leave one"
                )
            seen.add(key.value)
            inside = (*place, key.value)
            yield from _lines(value, inside)
            yield inside, key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for position, value in enumerate(node.value):
            yield from _lines(value, (*place, position))


def at(thing: Any, *keys: str | int, default: Any = None) -> Any:
    """What stands at a place inside a document, or the default where any part is missing."""
    for key in keys:
        held = isinstance(thing, dict) and key in thing
        within = isinstance(thing, list) and isinstance(key, int) and key < len(thing)
        if not held and not within:
            return default
        thing = thing[key]
    return thing


def texts(thing: Any, place: Place) -> Iterator[tuple[Place, str]]:
    """Every text in a document with its place."""
    if isinstance(thing, dict):
        for key, value in thing.items():
            yield from texts(value, (*place, key))
    elif isinstance(thing, list):
        for position, value in enumerate(thing):
            yield from texts(value, (*place, position))
    elif isinstance(thing, str):
        yield place, thing
