"""A results folder may come from somebody else: what we write in it is never another's file."""

import errno
import os
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


def link_refused(file: Path | str) -> str:
    """The sentence for a link in a folder of results."""
    return (
        f"{file} is a link; links in a results folder are not followed, for it may be somebody "
        "else's: put the file or folder itself in its place."
    )
