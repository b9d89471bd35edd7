"""Data in a tar archive, plain or compressed, read without unpacking it to disk."""

import contextlib
import tarfile
from pathlib import Path

from orchestrator.data.containers.compressed import DAMAGE, unpacking
from orchestrator.data.containers.container import (
    MEMBER_LIMIT,
    Container,
    check_names,
    clean,
    visible,
)
from orchestrator.errors import BadInput, cause

_DAMAGE = (tarfile.TarError, *DAMAGE)


class Tar(Container):
    """A tar archive; a compressed one never unpacks further than `unpacked_limit`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with contextlib.ExitStack() as stack:
            try:
                self._stream = stack.enter_context(unpacking(path))
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
            pass  # what compressed it compares its checksum at its end

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
        if isinstance(error, BadInput):  # a ValueError as well
            return error
        return BadInput(
            f"{self.path}: a tar archive that is cut off or damaged ({cause(error)}); an intact "
            ".tar or .tar.gz was expected, download it again"
        )
