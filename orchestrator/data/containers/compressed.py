"""Compressed files, of which nobody believes that they unpack to a thousand times their size."""

import bz2
import gzip
import io
import lzma
import zlib
from pathlib import Path
from typing import BinaryIO, cast

from orchestrator.data.containers.container import MEMBER_LIMIT, unpacked_limit, unreadable
from orchestrator.data.containers.plain_files import LoneFile
from orchestrator.data.containers.signatures import BZIP2, GZIP, HEAD, XZ, ZSTANDARD
from orchestrator.errors import BadInput

DAMAGE = (zlib.error, lzma.LZMAError, EOFError, ValueError, OSError)
"""What reading raises where the bytes are no intact compressed file."""


class CompressedFile(LoneFile):
    """One compressed file that is no archive, unpacked in memory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._content = _unpacked(path, min(unpacked_limit(path), MEMBER_LIMIT))
        self.sizes = {path.stem: len(self._content)}

    def read(self, name: str, limit: int | None = None) -> bytes:
        """See `Container.read`."""
        return self._content if limit is None else self._content[:limit]


class Bounded(io.RawIOBase):
    """A stream that refuses to be read or sought beyond a limit, as it grows."""

    def __init__(self, inner: BinaryIO, path: Path, limit: int) -> None:
        self._inner = inner
        self._path = path
        self._limit = limit

    def read(self, size: int = -1) -> bytes:
        """As every stream."""
        ahead = self._limit + 1 - self._inner.tell()
        data = self._inner.read(ahead if size < 0 else min(size, ahead))
        self._check(self._inner.tell())
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As every stream."""
        if whence != io.SEEK_SET:
            raise io.UnsupportedOperation("only absolute positions are sought in an archive")
        self._check(offset)
        return self._inner.seek(offset)

    def tell(self) -> int:
        """As every stream."""
        return self._inner.tell()

    def close(self) -> None:
        """As every stream."""
        self._inner.close()
        super().close()

    def _check(self, position: int) -> None:
        if position > self._limit:
            raise BadInput(
                f"{self._path} unpacks to more than {self._limit:,} bytes, which is not believed "
                f"of an archive of {self._path.stat().st_size:,} bytes; do not unpack it"
            )


def unpacking(path: Path) -> Bounded:
    """A file's bytes, unpacked if it is compressed; no further than `unpacked_limit`.

    Raises:
        BadInput: when it cannot be opened, or unpacks too far.
    """
    try:
        return Bounded(_opened(path), path, unpacked_limit(path))
    except PermissionError as error:
        raise unreadable(path, error) from None


def head_unpacked(path: Path) -> bytes:
    """The first `HEAD` bytes of what is in a compressed file.

    Raises:
        BadInput: where they cannot be unpacked.
    """
    return _unpacked(path, unpacked_limit(path), HEAD)


def _unpacked(path: Path, limit: int, size: int = -1) -> bytes:
    try:
        with Bounded(_opened(path), path, limit) as stream:
            return stream.read(size)
    except PermissionError as error:
        raise unreadable(path, error) from None
    except DAMAGE as error:
        raise BadInput(
            f"{path}: a compressed file that is cut off or damaged ({error}); an intact one was "
            "expected, download it again"
        ) from None


def _opened(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(GZIP):
        return cast(BinaryIO, gzip.GzipFile(path))
    if head.startswith(XZ):
        return cast(BinaryIO, lzma.LZMAFile(path))
    if head.startswith(BZIP2):
        return cast(BinaryIO, bz2.BZ2File(path))
    return _zstandard(path) if head.startswith(ZSTANDARD) else path.open("rb")


def _zstandard(path: Path) -> BinaryIO:
    """All of it in memory: pyarrow's stream knows no position."""
    try:
        import pyarrow as pa
    except ImportError:  # jobs.benchmark does without
        raise BadInput(f"{path} is packed by zstd, which needs pyarrow; unpack it") from None
    limit = min(unpacked_limit(path), MEMBER_LIMIT)
    with pa.input_stream(str(path), compression="zstd") as stream:
        return io.BytesIO(stream.read(limit + 1))
