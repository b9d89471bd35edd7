"""A results folder may come from somebody else: what we write in it is never another's file."""

import contextlib
import errno
import os
from collections.abc import Iterable
from pathlib import Path

from results.errors import DamagedResults

_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


def open_plain(file: Path, flags: int) -> int:
    """A file's handle, as `os.open`, where the name is a file's own and no link to another.

    Args:
        file: its folder is there.
        flags: of `os.open`.

    Raises:
        DamagedResults: for a link.
        OSError: of the file system.
    """
    try:
        return os.open(file, flags | _NO_LINK, 0o666)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK) and file.is_symlink():
            raise DamagedResults(link_refused(file)) from None
        raise


def refuse_links(folder: Path, but: Iterable[str] = ()) -> None:
    """See that nothing in a folder of results is a link, at any depth.

    Args:
        folder: may itself be one, as its user named it.
        but: names relative to it that may be.

    Raises:
        DamagedResults: naming the first one.
    """
    exempt = {os.fspath(folder / name) for name in but}
    waiting = [os.fspath(folder)]
    while waiting:
        with (
            contextlib.suppress(FileNotFoundError, NotADirectoryError),
            os.scandir(waiting.pop()) as entries,
        ):
            for entry in entries:
                if entry.is_symlink() and entry.path not in exempt:
                    raise DamagedResults(link_refused(entry.path))
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)


def link_refused(file: Path | str) -> str:
    """The sentence for a link in a folder of results."""
    return (
        f"{file} is a link; links in a results folder are not followed, for it may be somebody "
        "else's: put the file or folder itself in its place."
    )
