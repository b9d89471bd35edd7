"""A variant of a whole data set, computed once and memory-mapped ever after."""

import contextlib
import hashlib
import io
import json
import logging
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from crc32c import crc32c
from numpy.typing import NDArray

from orchestrator.data.cache.checksum import checksum
from orchestrator.data.cache.entries import unfinished
from orchestrator.data.cache.single_flight import single_flight
from orchestrator.errors import BadInput
from orchestrator.preprocess import VARIANTS
from orchestrator.preprocess.worker_processes import in_processes
from orchestrator.process import hardware
from orchestrator.process.progress_bar import ProgressBar
from results.storage.atomic_file import TEMPORARY, replacement

CHUNK = 256
"""Images computed at once: few enough that the arrays of a chunk stay in a core's cache."""

WORTH_PROCESSES = 3.0
"""Seconds of remaining work above which other processes are started; that costs half a second."""

PROCESSES = 8
"""At most, however many processors there are."""

ABANDONED = 3600.0
"""Seconds without a write after which a half-written file's writer is taken for dead."""

_log = logging.getLogger(__name__)


def prepared(images: NDArray[np.uint8], variant: str, file: Path) -> NDArray[Any]:
    """The images after a correction, from `file` if it holds exactly that, else computed into it.

    Stored as float16, which is an approximation: between 0.5 and 1 its values lie 0.0005 apart, an
    eighth of a grey level; everywhere the error is at most 0.05 % of the value (and 3e-8 near 0).

    "plain" is not stored: it returns `images` themselves, uint8, and the trainer divides by 255.

    The file is a .npy followed by a line of JSON that names the variant, its version and
    parameters, and a digest of the images (their shape and 64 of them, evenly spaced), and by a
    line with the checksum of all before it, which is verified when a process opens the file first.
    Where one of them differs it is computed again and replaced, whatever stands there. Two data
    sets that agree in those 64 images need different files, which their digests give them. The
    file is written under a temporary name and renamed. Processes of one machine that want it at
    the same time wait for the first of them; where its folder cannot be locked each computes it,
    the last one stays, and all are equal.

    Args:
        images: (n, h, w) uint8.
        variant: name in `VARIANTS`.
        file: where it is or shall be; its folder is created.

    Returns:
        (n, h, w): uint8 for "plain", otherwise float16, memory-mapped and read-only.

    Raises:
        BadInput: for an unknown variant, or a file that cannot be written.
        RuntimeError: when a process that computes is killed from outside.
    """
    _check(images, variant)
    if variant == "plain":
        return images
    if not len(images):
        return np.zeros(images.shape, np.float16)
    origin = _origin(images, variant)
    stored = _mapped(file, images.shape, origin)
    if stored is not None:
        return stored
    with single_flight(file.with_name(f".{file.name}.lock"), f"preprocesses by {variant!r}"):
        return _computed(images, variant, file, origin)


def _computed(
    images: NDArray[np.uint8], variant: str, file: Path, origin: bytes
) -> NDArray[np.float16]:
    stored = _mapped(file, images.shape, origin)  # who was waited for may have computed it
    if stored is not None:
        return stored
    if file.exists():
        _log.warning("%s is damaged or of another version: computed again", file)
    try:
        _make_way(file)
        _write(file, images, variant, origin)
    except OSError as problem:
        raise BadInput(
            f"{file}: the images preprocessed by {variant!r} cannot be stored there "
            f"({problem.strerror or problem}); {images.size * 2 / 2**20:.0f} MiB are needed"
        ) from problem
    stored = _mapped(file, images.shape, origin)
    if stored is None:
        raise BadInput(f"{file} was changed by another program while it was written; try again")
    return stored


def _check(images: NDArray[np.uint8], variant: str) -> None:
    if variant not in VARIANTS:
        raise BadInput(f"unknown preprocessing {variant!r}; known: {', '.join(VARIANTS)}")
    if images.dtype != np.uint8 or images.ndim != 3:
        raise TypeError(f"images are {images.shape} {images.dtype}; expected (n, h, w) uint8")


def _origin(images: NDArray[np.uint8], variant: str) -> bytes:
    """The line at the file's end: all that its content depends on."""
    sample = np.unique(np.linspace(0, len(images) - 1, 64).astype(int))
    digest = hashlib.sha256(str(images.shape).encode() + images[sample].tobytes())
    correction = VARIANTS[variant]
    origin = {
        "variant": variant,
        "version": correction.version,
        "parameters": correction.parameters,
        "images": digest.hexdigest(),
    }
    return b"\n" + json.dumps(origin, sort_keys=True).encode() + b"\n"


_verified: set[tuple[str, int, int, int]] = set()
"""Files that this process has verified: path, which file stood there, when it was changed."""


def _mapped(file: Path, shape: tuple[int, ...], origin: bytes) -> NDArray[np.float16] | None:
    """The file's array if it is whole and of this origin."""
    end = len(origin) + _CHECKSUM_BYTES
    try:
        with file.open("rb") as stream:
            stream.seek(-end, os.SEEK_END)
            if stream.read(len(origin)) != origin:
                return None
            written = stream.read()
        if not _is_as_written(file, written):
            return None
        array = np.load(file, mmap_mode="r")
        size = file.stat().st_size
    except (OSError, ValueError):
        return None
    is_complete = array.shape == shape and array.offset + array.nbytes + end == size
    return array if is_complete and array.dtype == np.float16 else None


def _is_as_written(file: Path, written: bytes) -> bool:
    """Compare the checksum, once in a process: 0.05 s for FER2013's 132 MB."""
    status = file.stat()
    key = (str(file), status.st_ino, status.st_mtime_ns, status.st_ctime_ns)
    if key not in _verified:
        if _checksum_line(checksum(file, status.st_size - _CHECKSUM_BYTES)) != written:
            return False
        _verified.add(key)
    return True


def _checksum_line(value: int) -> bytes:
    return b"%08x\n" % value


_CHECKSUM_BYTES = len(_checksum_line(0))


def _make_way(file: Path) -> None:
    """Remove a folder that stands where the file shall be; a file or link is replaced."""
    if file.is_dir() and not file.is_symlink():
        with unfinished(file.parent) as damaged:
            file.rename(damaged / file.name)


def _write(file: Path, images: NDArray[np.uint8], variant: str, origin: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(file)
    value = 0
    with replacement(file) as part, part.open("xb") as stream:
        for piece in _pieces(images, variant, origin):
            value = crc32c(piece, value)
            stream.write(piece)
        stream.write(_checksum_line(value))


def _pieces(images: NDArray[np.uint8], variant: str, origin: bytes) -> Iterator[bytes]:
    """What the file holds before its checksum."""
    header = {"descr": np.dtype(np.float16).str, "fortran_order": False, "shape": images.shape}
    beginning = io.BytesIO()
    np.lib.format.write_array_header_1_0(beginning, header)
    yield beginning.getvalue()
    with ProgressBar(f"preprocessing: {variant}", len(images)) as bar:
        for block in _blocks(images, variant):
            yield block.tobytes()
            bar.advance(len(block))
    yield origin


def _remove_abandoned(file: Path) -> None:
    for part in file.parent.glob(f".{file.name}.*{TEMPORARY}"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > ABANDONED:
                part.unlink()


def _blocks(images: NDArray[np.uint8], variant: str) -> Iterator[NDArray[np.float16]]:
    """The variant chunk by chunk, by other processes where the rest is long enough."""
    correction = VARIANTS[variant]
    correction(images[:1])  # what is imported at first use should not count as work
    chunks = [slice(start, start + CHUNK) for start in range(0, len(images), CHUNK)]
    began = time.perf_counter()
    yield correction(images[chunks[0]]).astype(np.float16)
    rest = chunks[1:]
    seconds = (time.perf_counter() - began) * len(rest)
    workers = min(hardware.cores(), PROCESSES, len(rest))
    if workers > 1 and seconds > WORTH_PROCESSES:
        with contextlib.closing(in_processes(variant, images, rest, workers)) as blocks:
            yield from blocks
    else:
        yield from _here(images, variant, rest)


def _here(
    images: NDArray[np.uint8], variant: str, chunks: Sequence[slice]
) -> Iterator[NDArray[np.float16]]:
    for chunk in chunks:
        yield VARIANTS[variant](images[chunk]).astype(np.float16)
