"""A command line out of a dataclass: its fields are the flags, their help, type and default.

The same fields give the parser, the values that were asked for, and the words that ask for the same
again: a flag is described in one place.
"""

import argparse
import dataclasses
import shlex
import typing
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import Any, Generic, NoReturn, TypeVar

from orchestrator.errors import BadInput, shortened
from orchestrator.process.surroundings.local_path import expanded

T = TypeVar("T")

_KEY = "flag"
_CONVERTED_BY_ARGPARSE = (int, float, Path)


@dataclass(frozen=True)
class Flag:
    """How a field is typed.

    Attributes:
        help: what it means, for `--help`; a default that is not None is added to it.
        metavar: stands for its value.
        name: with its dashes, where it is not the field's own.
        positional: whether it is a word without a name; repeated, any number of them.
        repeated: whether it may be given several times; its field holds all of them.
        choices: the values that it takes, if not any.
        group: title under which `--help` shows it.
        check: (name, value) -> what the field holds; raises BadInput for what cannot be.
    """

    help: str
    metavar: str | None = None
    name: str = ""
    positional: bool = False
    repeated: bool = False
    choices: tuple[str, ...] = ()
    group: str = ""
    check: Callable[[str, Any], Any] | None = None


def flag(text: str, *, default: Any = None, required: bool = False, **more: Any) -> Any:
    """A dataclass's field that is a flag.

    A field of type bool is a switch: given, it is the opposite of its default.

    Args:
        text: its help.
        default: its value where it is not given; a function without arguments that makes it.
        required: whether it must be given.
        more: attributes of `Flag`.
    """
    metadata = {_KEY: Flag(text, **more)}
    if required:
        return dataclasses.field(metadata=metadata)
    if callable(default):
        return dataclasses.field(default_factory=default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def like(owner: type, name: str, default: Any) -> Any:
    """A flag of another dataclass with another default."""
    metadata = next(f.metadata for f in dataclasses.fields(owner) if f.name == name)
    return dataclasses.field(default=default, metadata=metadata)


def at_least_one(name: str, number: int) -> int:
    """A check."""
    if number < 1:
        raise BadInput(f"{name} {number}: expected a whole number of at least 1")
    return number


def not_empty(name: str, text: str) -> str:
    """A check."""
    if not text:
        raise BadInput(f"{name} '': expected a text; is a variable of the shell empty?")
    return text


def place(name: str, path: str) -> str:
    """A check: a path or a URI, "~" expanded."""
    return expanded(not_empty(name, path), name)


def local_folder(name: str, path: Path) -> Path:
    """A check: a path, "~" expanded."""
    return Path(place(name, str(path)))


@dataclass(frozen=True)
class Command(Generic[T]):
    """A program and what it is asked.

    Attributes:
        program: as it is typed, e.g. "python -m orchestrator.sweep".
        takes: a dataclass of flags, all by keyword.
        description: of what it does.
        epilog: what else `--help` says.
        usage: the line that shows how it is called; None to have it made.
    """

    program: str
    takes: type[T]
    description: str
    epilog: str = ""
    usage: str | None = None

    def parser(self) -> argparse.ArgumentParser:
        """Every flag with its type, default and unit."""
        parser = _Parser(
            prog=self.program,
            allow_abbrev=False,
            description=self.description,
            epilog=self.epilog,
            usage=self.usage,
        )
        groups: dict[str, Any] = {"": parser}
        for field, described in _flags(self.takes):
            if described.group not in groups:
                groups[described.group] = parser.add_argument_group(described.group)
            names, options = _argument(self.takes, field, described)
            groups[described.group].add_argument(*names, **options)
        return parser

    def read(self, argv: Sequence[str] | None) -> T:
        """What the words ask for; those of the process if None.

        Raises:
            BadInput: for an unknown flag or a value that cannot be.
        """
        return self._checked(self.parser().parse_args(argv))

    def read_known(self, argv: Sequence[str]) -> tuple[T, list[str]]:
        """The same, and the words that are none of its flags."""
        namespace, rest = self.parser().parse_known_args(argv)
        return self._checked(namespace), rest

    def line(self, values: T, without: Collection[str] = ()) -> str:
        """The command that asks for these values, to be pasted; `read` takes its words back."""
        return shlex.join([*self.program.split(), *words_of(values, self.takes, without)])

    def _checked(self, namespace: argparse.Namespace) -> T:
        values = {}
        for field, described in _flags(self.takes):
            value = getattr(namespace, field.name)
            if value is None or (described.repeated and not value):
                continue  # as by default
            check = described.check
            values[field.name] = check(_name(field, described), value) if check else value
        return self.takes(**values)


def words_of(values: Any, of: type | None = None, without: Collection[str] = ()) -> list[str]:
    """The words that ask for these values; what is as by default is left out.

    Args:
        values: an instance of a dataclass of flags.
        of: the dataclass whose flags are meant; that of the values by default.
        without: fields that are left out.
    """
    words: list[str] = []
    for field, described in _flags(of or type(values)):
        value = getattr(values, field.name)
        if field.name in without or value is None:
            continue
        if described.positional:
            words[:0] = map(str, value) if described.repeated else [str(value)]
        elif value != _default(field):
            words += _named(_name(field, described), value)
    return words


def _named(name: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [name]
    if isinstance(value, Mapping):
        return [f"{name}={key}={each}" for key, each in value.items()]
    if isinstance(value, tuple):
        return [f"{name}={each}" for each in value]
    return [f"{name}={value}"]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise BadInput(f"{shortened(message)}; --help lists what there is")


def _flags(owner: Any) -> Iterator[tuple[dataclasses.Field[Any], Flag]]:
    return ((f, f.metadata[_KEY]) for f in dataclasses.fields(owner) if _KEY in f.metadata)


def _name(field: dataclasses.Field[Any], described: Flag) -> str:
    return described.name or f"--{field.name.replace('_', '-')}"


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _argument(
    owner: type, field: dataclasses.Field[Any], described: Flag
) -> tuple[list[str], dict[str, Any]]:
    """What argparse calls the flag, and its options."""
    default = _default(field)
    kind = _kind(typing.get_type_hints(owner)[field.name])
    if kind is bool:
        action = "store_false" if default else "store_true"
        options = {"action": action, "default": default, "help": described.help}
        return [_name(field, described)], {**options, "dest": field.name}
    shown = isinstance(default, int | float | str) and default != ""
    text = f"{described.help} (default {default})" if shown else described.help
    options = {"help": text, "metavar": described.metavar}
    options |= {"type": kind if kind in _CONVERTED_BY_ARGPARSE else str}
    if described.choices:
        options["choices"] = described.choices
    if described.positional and described.repeated:
        return [field.name], options | {"nargs": "*"}
    if described.positional:
        given = default is not dataclasses.MISSING
        return [field.name], options | ({"nargs": "?", "default": default} if given else {})
    if described.repeated:
        options["action"] = "append"
    elif default is dataclasses.MISSING:
        options["required"] = True
    else:
        options["default"] = default
    return [_name(field, described)], {**options, "dest": field.name}


def _kind(hint: Any) -> Any:
    """The type of a hint such as `int | None`."""
    return next((kind for kind in typing.get_args(hint) if kind is not NoneType), hint)
