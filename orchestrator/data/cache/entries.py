"""The cache's entries: a data set as memory-mapped arrays in a folder named after its digest.

An entry appears under its name by one rename, complete; afterwards its arrays are never written
again. Whoever derives something from a data set (preprocessing variants, the audit) may keep it in
the same folder.
"""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.data.cache.checksum import checksum, crc32c
from orchestrator.data.containers.container import unreadable
from orchestrator.data.faces import Faces, Splits
from orchestrator.data.raw import SPLITS
from orchestrator.errors import BadInput, cause
from orchestrator.process.cache_folder import default_cache

FORMAT = 2
"""Raised whenever an entry is laid out differently."""

WITHOUT_CHECKSUMS = 1
"""The format of version 0.1.0, which is read as well; entries of others are made again."""

META = "meta.json"
"""Written last; lists every array's size in bytes, and its checksum."""

CHECKSUMS = "crc32c"
"""In `META`: file -> its CRC-32C; of `META`, that of all that stands in it beside this one."""

ADVICE = "run python -m jobs.prepare on the data again"

AUDIT = "audit.parquet"
"""`audit.Audit.table`, in an entry's folder."""

VARIANTS = "variants"
"""Folder in an entry for what is derived from its images."""

_ABANDONED = 24 * 3600  # seconds after which an unfinished entry belongs to a process that died
_ATTEMPTS = 5
_FIELDS = ("images", "labels", "ids", "regions")


def entry_folder(digest: str, cache: Path | None = None) -> Path:
    """Where the data set of this digest lies, or would lie."""
    return (cache or default_cache()) / digest


def content_digest(splits: Mapping[str, Faces], classes: tuple[str, ...]) -> str:
    """SHA-256, in hexadecimal, of classes, split, ids, labels and pixels, in order."""
    sha = hashlib.sha256(json.dumps(["faces 1", list(classes)]).encode())
    for name, faces in splits.items():
        sha.update(json.dumps([name, list(faces.images.shape), faces.ids.tolist()]).encode())
        for array in (faces.labels, faces.images, faces.regions):
            if array is not None:
                sha.update(np.ascontiguousarray(array).data)
    return sha.hexdigest()


def open_digest(digest: str, cache: Path | None = None) -> Splits:
    """A cached data set by its digest alone, memory-mapped and read-only.

    Its files' checksums are verified when this process opens it first.

    Raises:
        BadInput: when it is not in the cache, or damaged there.
    """
    folder = entry_folder(digest, cache)
    meta = read_meta(digest, cache)
    _verify_once(folder, meta)
    try:
        faces = {name: Faces(**_arrays(folder, name, meta["files"])) for name in SPLITS}
        return Splits(
            **faces,
            classes=tuple(meta["classes"]),
            digest=digest,
            notes=tuple(meta["notes"]),
            seen_test_ids=frozenset(meta["seen_test_ids"]),
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BadInput(f"{folder} is damaged ({cause(error)}); {ADVICE}") from None


def read_meta(digest: str, cache: Path | None = None) -> dict[str, Any]:
    """What an entry says about itself, after its arrays' sizes have been checked.

    Raises:
        BadInput: when it is not in the cache, or damaged there.
    """
    folder = entry_folder(digest, cache)
    try:
        meta: dict[str, Any] = json.loads((folder / META).read_text("utf-8"))
        written_by, is_as_written = meta["format"], _is_as_written(meta)
        sizes = {name: (folder / name).stat().st_size for name in meta["files"]}
    except PermissionError as error:
        raise unreadable(folder, error) from None
    except OSError:
        raise BadInput(f"{folder} holds no complete data set; {ADVICE}") from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BadInput(f"{folder / META} is damaged ({cause(error)}); {ADVICE}") from None
    if written_by not in (FORMAT, WITHOUT_CHECKSUMS):
        raise BadInput(f"{folder} was written by another version; {ADVICE}")
    if not is_as_written:
        raise BadInput(f"{folder / META} is damaged: it is not what was written; {ADVICE}")
    for name, size in sizes.items():
        if size != meta["files"][name]:
            raise BadInput(
                f"{folder / name} has {size:,} bytes, {meta['files'][name]:,} were expected; "
                f"{ADVICE}"
            )
    return meta


def write_entry(
    splits: Splits, cache: Path | None, metadata: Mapping[str, Any], files: Mapping[str, bytes]
) -> Path:
    """Write an entry, unless an intact one is there already.

    Args:
        splits: the data set; its digest names the entry.
        cache: the cache's folder; `default_cache()` if None.
        metadata: more for meta.json.
        files: further files of the entry, by name.

    Returns:
        The entry's folder.

    Raises:
        BadInput: when the cache cannot be written.
    """
    folder = entry_folder(splits.digest, cache)
    if _intact(splits.digest, cache):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        sweep_abandoned(folder.parent)
        with unfinished(folder.parent) as half:
            for name, data in files.items():
                (half / name).write_bytes(data)
            _write_arrays(half, splits)
            _write_meta(half, splits, metadata)
            _publish(half, folder, cache)
    except OSError as error:
        raise unwritable(folder.parent, error) from None
    return folder


def unwritable(cache: Path, error: BaseException | None, needed: int = 0) -> BadInput:
    """The sentence for a cache that cannot be written.

    Args:
        cache: the cache's folder.
        error: the error of the system.
        needed: bytes that were to be written, if known.
    """
    reason = (isinstance(error, OSError) and error.strerror) or error
    wanted = f"; {needed / 2**20:,.0f} MiB are needed" if needed else ""
    return BadInput(
        f"the cache {cache} cannot be written ({reason}{wanted}); name another folder in the "
        "environment: ORCHESTRATOR_CACHE=DIR"
    )


def _intact(digest: str, cache: Path | None) -> bool:
    try:
        _verify(entry_folder(digest, cache), read_meta(digest, cache))
    except BadInput:
        return False
    return True


_verified: set[tuple[str, int, int]] = set()
"""Entries that this process has verified: folder, and which `META` stood there."""


def _verify_once(folder: Path, meta: Mapping[str, Any]) -> None:
    status = (folder / META).stat()
    key = (str(folder), status.st_ino, status.st_mtime_ns)
    if key not in _verified:
        _verify(folder, meta)
        _verified.add(key)


def _verify(folder: Path, meta: Mapping[str, Any]) -> None:
    """Compare checksums; entries of version 0.1.0 have none.

    Raises:
        BadInput: for the first file that is another.
    """
    for name in meta["files"] if CHECKSUMS in meta else ():
        try:
            same = checksum(folder / name) == meta[CHECKSUMS][name]
        except PermissionError as error:
            raise unreadable(folder / name, error) from None
        except (OSError, ValueError):
            same = False
        if not same:
            raise BadInput(f"{folder / name} is damaged: it is not what was written; {ADVICE}")


def _is_as_written(meta: Mapping[str, Any]) -> bool:
    """Whether a record has its own checksum; those of version 0.1.0 have none."""
    if meta["format"] == WITHOUT_CHECKSUMS:
        return CHECKSUMS not in meta
    return bool(meta[CHECKSUMS][META] == _own_checksum(meta))


def _own_checksum(meta: Mapping[str, Any]) -> int:
    files = {name: value for name, value in meta[CHECKSUMS].items() if name != META}
    return crc32c(json.dumps({**meta, CHECKSUMS: files}, sort_keys=True).encode())


def _arrays(folder: Path, split: str, files: Mapping[str, int]) -> dict[str, NDArray[Any]]:
    names = {field: f"{split}.{field}.npy" for field in _FIELDS}
    return {
        field: np.asarray(np.load(folder / name, mmap_mode="r", allow_pickle=False))
        for field, name in names.items()
        if name in files
    }


def _write_arrays(folder: Path, splits: Splits) -> None:
    for split in SPLITS:
        for field in _FIELDS:
            array = getattr(getattr(splits, split), field)
            if array is not None:
                np.save(folder / f"{split}.{field}.npy", array, allow_pickle=False)


def _write_meta(folder: Path, splits: Splits, metadata: Mapping[str, Any]) -> None:
    files = sorted(folder.iterdir())
    meta: dict[str, Any] = {
        **metadata,
        "format": FORMAT,
        "classes": splits.classes,
        "digest": splits.digest,
        "notes": splits.notes,
        "seen_test_ids": sorted(splits.seen_test_ids),
        "files": {file.name: file.stat().st_size for file in files},
        CHECKSUMS: {file.name: checksum(file) for file in files},
    }
    meta[CHECKSUMS][META] = _own_checksum(meta)
    (folder / META).write_text(json.dumps(meta, indent=1), "utf-8")


@contextlib.contextmanager
def unfinished(parent: Path) -> Iterator[Path]:
    """A new folder to fill and rename; gone with what is in it if it was not renamed."""
    path = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=parent))
    try:
        path.chmod(0o755)  # mkdtemp's 0700 would shut out the others who share a cache
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _publish(half: Path, folder: Path, cache: Path | None) -> None:
    """Rename an entry into its place; of several writers the first wins, a damaged one yields."""
    for file in half.iterdir():
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
    for _ in range(_ATTEMPTS):
        try:
            half.rename(folder)
            return
        except OSError:
            if _intact(folder.name, cache):
                return
        with unfinished(folder.parent) as damaged, contextlib.suppress(FileNotFoundError):
            folder.rename(damaged / folder.name)
    raise OSError(f"{folder} does not let itself be replaced")


def sweep_abandoned(folder: Path) -> None:
    """Remove what processes that died left in a folder, a day after."""
    for path in folder.glob(".unfinished-*"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _ABANDONED:
                shutil.rmtree(path)
