"""Compressed files, of which nobody believes that they unpack to a thousand times their size."""

import bz2
import gzip
import io
import lzma
import zlib
from pathlib import Path
from typing import BinaryIO, cast

from orchestrator.data.containers.container import (
    FREE_BYTES,
    MEMBER_LIMIT,
    RATIO_LIMIT,
    Container,
    believed,
    unpacked_limit,
)
from orchestrator.data.containers.plain_files import LoneFile
from orchestrator.data.containers.signatures import BZIP2, COMPRESSED, GZIP, HEAD, XZ, ZSTANDARD
from orchestrator.errors import BadInput, cause

ENDINGS = (".gz", ".xz", ".bz2", ".zst")
"""Of compressed files that are read."""

DAMAGE = (zlib.error, lzma.LZMAError, EOFError, ValueError, OSError)
"""What reading raises where the bytes are no intact compressed file."""

_HEADER = 2**16  # bytes of a header at most; so many or fewer are unpacked without the rest
_FOR_A_HEADER = 2**20  # compressed bytes that unpack to it: bzip2's blocks have 900 kB


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

    def __init__(self, inner: BinaryIO, place: str, size: int, limit: int) -> None:
        self._inner = inner
        self._place = place
        self._size = size
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
                f"{self._place} unpacks to more than {self._limit:,} bytes, which is not believed "
                f"of an archive of {self._size:,} bytes; do not unpack it"
            )


def unpacking(path: Path) -> Bounded:
    """A file's bytes, unpacked if it is compressed; no further than `unpacked_limit`.

    Raises:
        BadInput: when it unpacks too far.
        OSError: when it cannot be opened.
    """
    return _unpacking(path, unpacked_limit(path))


def head_unpacked(path: Path) -> bytes:
    """The first `HEAD` bytes of what is in a compressed file.

    Raises:
        BadInput: where they cannot be unpacked.
    """
    return _unpacked(path, unpacked_limit(path), HEAD)


def bare_name(name: str) -> str:
    """A member's name in lower case, without the ending of a compressed file.

    >>> bare_name("data/Labels.CSV.gz")
    'data/labels.csv'
    """
    lower = name.lower()
    ending = next((each for each in ENDINGS if lower.endswith(each)), "")
    return lower.removesuffix(ending)


def content(container: Container, name: str, limit: int | None = None) -> bytes:
    """A member's bytes as `Container.read` gives them, unpacked where they are compressed.

    Raises:
        BadInput: as `Container.read`, and for what cannot be unpacked or unpacks too far.
    """
    if not container.head(name).startswith(COMPRESSED):
        return container.read(name, limit)
    packed = container.read(name, _FOR_A_HEADER if limit and limit <= _HEADER else None)
    place, size = container.place(name), container.sizes[name]
    try:
        inner = _opened(packed, place, MEMBER_LIMIT if limit is None else limit)
        with Bounded(inner, place, size, _limit_inside(container, name)) as stream:
            return stream.read(-1 if limit is None else limit)
    except DAMAGE as error:
        raise _damaged(place, error) from None


def _limit_inside(container: Container, name: str) -> int:
    """What a compressed member may unpack to; all of them share what needs no suspicion."""
    packed = sum(each.lower().endswith(ENDINGS) for each in container.sizes)
    limit = max(FREE_BYTES // max(packed, 1), RATIO_LIMIT * container.sizes[name])
    outer = MEMBER_LIMIT if container.path.is_dir() else unpacked_limit(container.path)
    return min(limit, outer, MEMBER_LIMIT)


def _unpacking(path: Path, limit: int) -> Bounded:
    return Bounded(_opened(path, str(path)), str(path), path.stat().st_size, limit)


def _unpacked(path: Path, limit: int, size: int = -1) -> bytes:
    try:
        with _unpacking(path, limit) as stream:
            return stream.read(size)
    except DAMAGE as error:
        raise _damaged(str(path), error) from None


def _damaged(place: str, error: Exception) -> BadInput:
    if isinstance(error, BadInput):  # a ValueError as well
        return error
    return BadInput(
        f"{place}: a compressed file that is cut off or damaged ({cause(error)}); an intact one "
        "was expected, download it again"
    )


def _opened(source: Path | bytes, place: str, wanted: int = MEMBER_LIMIT) -> BinaryIO:
    """A compressed file's content as a stream; the file's own where it is not compressed.

    Args:
        source: the file, or its bytes.
        place: how a message names it.
        wanted: bytes that will be read at most.
    """
    if isinstance(source, bytes):
        head = source[:8]
    else:
        with source.open("rb") as file:
            head = file.read(8)
    stream = source if isinstance(source, Path) else io.BytesIO(source)
    if head.startswith(GZIP):
        return cast(BinaryIO, _gzip(stream))
    if head.startswith(XZ):
        return cast(BinaryIO, lzma.LZMAFile(stream))
    if head.startswith(BZIP2):
        return cast(BinaryIO, bz2.BZ2File(stream))
    if head.startswith(ZSTANDARD):
        return _zstandard(source, place, wanted)
    return stream.open("rb") if isinstance(stream, Path) else stream


def _gzip(stream: Path | io.BytesIO) -> gzip.GzipFile:
    return gzip.GzipFile(stream) if isinstance(stream, Path) else gzip.GzipFile(fileobj=stream)


def _zstandard(source: Path | bytes, place: str, wanted: int) -> BinaryIO:
    """All of it in memory: pyarrow's stream knows no position."""
    try:
        import pyarrow as pa
    except ImportError:  # jobs.benchmark does without
        raise BadInput(
            f"{place} is packed by zstd, which needs pyarrow; install it, or unpack the file"
        ) from None
    size = source.stat().st_size if isinstance(source, Path) else len(source)
    opened = str(source) if isinstance(source, Path) else pa.BufferReader(source)
    with pa.input_stream(opened, compression="zstd") as stream:
        return io.BytesIO(stream.read(min(believed(size), wanted) + 1))
