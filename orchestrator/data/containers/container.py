"""What a data set lies in: a folder, a file, a zip or a tar, read by member name in memory."""

import contextlib
import os
import stat
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from types import TracebackType

from orchestrator.data.containers.signatures import HEAD
from orchestrator.errors import BadInput

MEMBER_LIMIT = 2 * 2**30
"""Bytes that one member may unpack to; fer2013.csv has 0.29e9."""

TOTAL_LIMIT = 32 * 2**30
"""Bytes that a whole archive may unpack to."""

RATIO_LIMIT = 200
"""An archive may unpack to this many times its own size; FER2013's CSV reaches 4."""

FREE_BYTES = 64 * 2**20
"""Below this unpacked size no ratio is suspicious: a few blank images compress well."""


class Container(ABC):
    """Named members that can be read into memory; nothing is ever unpacked to disk.

    Attributes:
        path: of the folder or file.
        sizes: member name (relative, with forward slashes) -> bytes it claims, in the order in
            which members are read fastest. Hidden files and macOS' side files are left out.
        resources: open files that leaving the context closes.
        notes: sentences about how names were read.
    """

    path: Path
    sizes: dict[str, int]
    resources: contextlib.ExitStack | None = None
    notes: tuple[str, ...] = ()

    @abstractmethod
    def read(self, name: str, limit: int | None = None) -> bytes:
        """A member's bytes, the first `limit` of them if given.

        Raises:
            BadInput: for a member that is damaged, encrypted or larger than it claims.
        """

    def place(self, name: str) -> str:
        """How a message names a member."""
        return f"{self.path}, member {name}"

    def head(self, name: str) -> bytes:
        """A member's first bytes, read once.

        Raises:
            BadInput: as `read`.
        """
        heads = self.__dict__.setdefault("_heads", {})
        if name not in heads:
            heads[name] = self.read(name, HEAD)[:32]
        return bytes(heads[name])

    @property
    def where(self) -> str:
        """How a message names all of it."""
        return str(self.path)

    def __enter__(self) -> "Container":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.resources is not None:
            self.resources.close()


def believed(size: int) -> int:
    """Bytes that an archive of so many bytes may unpack to."""
    return min(TOTAL_LIMIT, max(FREE_BYTES, RATIO_LIMIT * size))


def unpacked_limit(path: Path) -> int:
    """Bytes that the archive at `path` may unpack to."""
    return believed(path.stat().st_size)


def check_names(path: Path, names: Iterable[str]) -> None:
    """Refuse an archive with a member that would leave its folder, or one that no message can name.

    Raises:
        BadInput: for an absolute name, a drive letter, a `..` part, control characters, or a
            repeated name.
    """
    seen: set[str] = set()
    for name in names:
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if ".." in parts or (parts and (parts[0] == "/" or ":" in parts[0])):
            raise BadInput(
                f"{path}, member {name!r}: the name climbs out of the archive, relative names "
                "inside it were expected; do not unpack this archive"
            )
        if not is_printable(name):
            raise BadInput(
                f"{path}, member {name!r}: control characters stand in the name, which would reach "
                "the terminal; pack the archive again without them"
            )
        if name in seen:
            raise BadInput(
                f"{path}, member {name!r}: stands twice in the archive, unique names were "
                "expected; pack it again"
            )
        seen.add(name)


def is_printable(name: str) -> bool:
    """Whether a name has no control characters, such as line ends and a terminal's escapes."""
    # The first is fast, and true of nearly every name; the second lets foreign ones pass.
    return name.isprintable() or all(unicodedata.category(letter) != "Cc" for letter in name)


def clean(name: str) -> str:
    """A member's name without a leading `./`."""
    return name.removeprefix("./")


def visible(name: str) -> bool:
    """Whether a member counts: neither hidden nor one of macOS' side files."""
    return not any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


DATA = "--data an existing CSV, zip, tar.gz or folder"
"""What to give where there is no such file, as a message says it."""


def readable(path: Path, instead: str = DATA) -> os.stat_result:
    """The path's status.

    Args:
        path: of a file or a folder.
        instead: what to give where it is absent, beginning with the flag.

    Raises:
        BadInput: when it is absent, not ours to read, or empty.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise unreadable(path, error, instead) from None
    if stat.S_ISDIR(status.st_mode):
        return status
    if not stat.S_ISREG(status.st_mode):
        raise BadInput(f"{path} is neither a file nor a folder; expected a CSV, zip, tar or folder")
    if status.st_size == 0:
        raise BadInput(f"{path} is empty (0 bytes); expected a CSV, zip, tar.gz or folder of faces")
    return status


def unreadable(path: Path | str, error: OSError, instead: str = DATA) -> BadInput:
    """The sentence for a file that the operating system does not let us read."""
    if isinstance(error, FileNotFoundError) and os.path.islink(path):
        return BadInput(
            f"{path} is a link to {os.readlink(path)}, where nothing is; remove the link, or put "
            "back what it leads to"
        )
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return BadInput(f"{path} does not exist; give {instead}")
    if isinstance(error, PermissionError):
        return BadInput(f"{path} cannot be read: no permission; ask its owner or use chmod u+r")
    return BadInput(f"{path} cannot be read: {error.strerror or error}")
