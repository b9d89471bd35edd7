"""Data in a tar archive, plain or gzipped, read without unpacking it to disk."""

import contextlib
import gzip
import io
import tarfile
import zlib
from pathlib import Path
from typing import BinaryIO, cast

from orchestrator.data.containers.container import (
    MEMBER_LIMIT,
    Container,
    check_names,
    clean,
    unpacked_limit,
    unreadable,
    visible,
)
from orchestrator.errors import BadInput

GZIP_MAGIC = b"\x1f\x8b"
_DAMAGE = (tarfile.TarError, zlib.error, EOFError, OSError)


class Tar(Container):
    """A tar archive; a gzipped one never unpacks further than `unpacked_limit`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with contextlib.ExitStack() as stack:
            self._stream = stack.enter_context(_stream(path))
            try:
                self._file = stack.enter_context(tarfile.open(fileobj=self._stream, mode="r:"))
                infos = self._file.getmembers()
                self._check_end()
            except _DAMAGE as error:
                raise self._damaged(error) from None
            self._list(infos)
            self.resources = stack.pop_all()

    def _list(self, infos: list[tarfile.TarInfo]) -> None:
        check_names(self.path, (clean(info.name) for info in infos))
        self._infos = {
            clean(info.name): info
            for info in infos
            if self._is_file(info) and visible(clean(info.name))
        }
        self.sizes = {name: info.size for name, info in self._infos.items()}

    def read(self, name: str, limit: int | None = None) -> bytes:
        """See `Container.read`."""
        try:
            member = self._file.extractfile(self._infos[name])
            data = b"" if member is None else member.read(-1 if limit is None else limit)
        except _DAMAGE as error:
            raise self._damaged(error) from None
        expected = min(self.sizes[name], self.sizes[name] if limit is None else limit)
        if len(data) != expected:
            raise self._damaged(EOFError(f"{len(data):,} of {expected:,} bytes of {name}"))
        return data

    def _check_end(self) -> None:
        """A tar ends with blocks of zeros; one that just stops was cut between two members."""
        self._stream.seek(self._file.offset)
        if self._stream.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
            raise EOFError("no end mark")
        while self._stream.read(2**20):
            pass  # gzip compares its checksum when it reaches its end

    def _is_file(self, info: tarfile.TarInfo) -> bool:
        if info.isdir():
            return False
        if not info.isreg():
            raise BadInput(
                f"{self.path}, member {info.name}: a link or device, plain files were expected; "
                "pack the archive again without it"
            )
        if info.size > MEMBER_LIMIT:
            raise BadInput(
                f"{self.path}, member {info.name}: claims {info.size:,} unpacked bytes, at most "
                f"{MEMBER_LIMIT:,} are read"
            )
        return True

    def _damaged(self, error: Exception) -> BadInput:
        return BadInput(
            f"{self.path}: a tar archive that is cut off or damaged ({error}); an intact .tar or "
            ".tar.gz was expected, download it again"
        )


class _Bounded(io.RawIOBase):
    """A stream that refuses to be read or sought beyond a limit, as it grows."""

    def __init__(self, inner: BinaryIO, path: Path) -> None:
        self._inner = inner
        self._path = path
        self._limit = unpacked_limit(path)

    def read(self, size: int = -1) -> bytes:
        ahead = self._limit + 1 - self._inner.tell()
        data = self._inner.read(ahead if size < 0 else min(size, ahead))
        self._check(self._inner.tell())
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET:
            raise io.UnsupportedOperation("only absolute positions are sought in an archive")
        self._check(offset)
        return self._inner.seek(offset)

    def tell(self) -> int:
        return self._inner.tell()

    def close(self) -> None:
        self._inner.close()
        super().close()

    def _check(self, position: int) -> None:
        if position > self._limit:
            raise BadInput(
                f"{self._path} unpacks to more than {self._limit:,} bytes, which is not believed "
                f"of an archive of {self._path.stat().st_size:,} bytes; do not unpack it"
            )


def _stream(path: Path) -> _Bounded:
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == GZIP_MAGIC
        inner = gzip.GzipFile(path) if zipped else path.open("rb")
        return _Bounded(cast(BinaryIO, inner), path)
    except OSError as error:
        raise unreadable(path, error) from None
