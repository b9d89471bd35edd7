"""Data in a zip archive, read member by member without unpacking it to disk."""

import contextlib
import lzma
import stat
import zipfile
import zlib
from pathlib import Path

from orchestrator.data.containers.container import (
    MEMBER_LIMIT,
    Container,
    check_names,
    clean,
    unpacked_limit,
    visible,
)
from orchestrator.errors import BadInput, cause

_ENCRYPTED = 0x1
_UTF8 = 0x800
_MORE_PACKED = 2**16  # bytes beyond the claimed size that tell a bomb from damage
_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, OSError)


class Zip(Container):
    """A zip archive whose claims are checked before and while it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with contextlib.ExitStack() as stack:
            self._file = stack.enter_context(_open(path))
            self._list(self._file.infolist())
            self.resources = stack.pop_all()

    def _list(self, infos: list[zipfile.ZipInfo]) -> None:
        names = [clean(_name(info)) for info in infos]
        check_names(self.path, (clean(info.filename) for info in infos))
        check_names(self.path, names)
        self._infos = {
            name: info
            for name, info in zip(names, infos, strict=True)
            if not name.endswith("/") and visible(name)
        }
        self.notes = _notes(self._infos)
        self.sizes = {name: info.file_size for name, info in self._infos.items()}
        for info in self._infos.values():
            _check_member(self.path, info)
        _check_total(self.path, sum(self.sizes.values()))

    def read(self, name: str, limit: int | None = None) -> bytes:
        """See `Container.read`."""
        # The zip module never returns more than the claimed size; what lies beyond it shows as a
        # checksum that does not match.
        try:
            with self._file.open(self._infos[name]) as member:
                return member.read() if limit is None else member.read(limit)
        except NotImplementedError as error:
            raise BadInput(
                f"{self.place(name)}: packed by a method that cannot be read ({cause(error)}); "
                "pack the archive again with deflate"
            ) from None
        except _DAMAGE as error:
            raise self._damaged(name, error) from None

    def _damaged(self, name: str, error: Exception) -> BadInput:
        claimed = self.sizes[name]
        if isinstance(error, zipfile.BadZipFile) and self._unpacks_beyond(name, claimed):
            return BadInput(
                f"{self.place(name)}: unpacks to more than twice the {claimed:,} bytes that the "
                "archive claims; do not unpack this archive"
            )
        return BadInput(
            f"{self.place(name)}: damaged or cut off ({cause(error)}), {claimed:,} intact bytes "
            "were expected; download the archive again"
        )

    def _unpacks_beyond(self, name: str, claimed: int) -> bool:
        info = self._infos[name]
        if info.compress_type != zipfile.ZIP_DEFLATED:
            return False
        with self.path.open("rb") as raw:
            raw.seek(info.header_offset + 26)
            lengths = raw.read(4)
            raw.seek(int.from_bytes(lengths[:2], "little"), 1)
            raw.seek(int.from_bytes(lengths[2:], "little"), 1)
            packed = raw.read(min(info.compress_size, claimed + _MORE_PACKED))
        try:
            return len(zlib.decompressobj(-15).decompress(packed, 2 * claimed + 1)) > 2 * claimed
        except zlib.error:
            return False


def _name(info: zipfile.ZipInfo) -> str:
    """A member's name with forward slashes, as UTF-8 where it is that without saying so."""
    name = info.filename.replace("\\", "/")
    if name.isascii() or info.flag_bits & _UTF8:
        return name
    with contextlib.suppress(UnicodeError):  # what the zip module read as code page 437
        return name.encode("cp437").decode("utf-8")
    return name


def _notes(infos: dict[str, zipfile.ZipInfo]) -> tuple[str, ...]:
    turned = [name for name, info in infos.items() if "\\" in info.filename]
    other = [
        name
        for name, info in infos.items()
        if not name.isascii() and not info.flag_bits & _UTF8 and "/" in name
        if clean(info.filename.replace("\\", "/")) == name
    ]
    notes = []
    if turned:
        notes.append(
            f"{len(turned):,} names in the archive have backslashes, as Windows packs them; they "
            f"were read as folders, e.g. {turned[0]}."
        )
    if other:
        notes.append(
            f"{len(other):,} names in the archive are no UTF-8 and were read as code page 437, "
            f"e.g. {other[0]}; if that is not what they are called, pack the archive with UTF-8 "
            "names."
        )
    return tuple(notes)


def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (*_DAMAGE, NotImplementedError) as error:  # the latter for a version that is none
        raise BadInput(
            f"{path}: a zip archive that is cut off or damaged ({cause(error)}), its table of "
            "contents was expected at the end; download it again"
        ) from None


def _check_member(path: Path, info: zipfile.ZipInfo) -> None:
    if info.flag_bits & _ENCRYPTED:
        raise BadInput(
            f"{path}, member {info.filename}: encrypted, plain members were expected; unpack the "
            "archive with its password and give the folder"
        )
    if stat.S_ISLNK(info.external_attr >> 16):
        raise BadInput(
            f"{path}, member {info.filename}: a symbolic link, plain files were expected; pack the "
            "archive again without links"
        )
    if info.file_size > MEMBER_LIMIT:
        raise BadInput(
            f"{path}, member {info.filename}: claims {info.file_size:,} unpacked bytes, at most "
            f"{MEMBER_LIMIT:,} are read"
        )


def _check_total(path: Path, claimed: int) -> None:
    limit = unpacked_limit(path)
    if claimed > limit:
        raise BadInput(
            f"{path} would unpack to {claimed:,} bytes, at most {limit:,} are believed of an "
            f"archive of {path.stat().st_size:,} bytes; do not unpack it, or give the folder"
        )
