"""A variant of a whole data set, computed once and memory-mapped ever after."""

import contextlib
import hashlib
import json
import logging
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

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

    The file is a .npy followed by one line of JSON that names the variant, its version and
    parameters, and a digest of the images: their shape and 64 of them, evenly spaced. Where that
    line differs, or the file has another size or shape, it is computed again and replaced. So two
    data sets that agree in those 64 images need different files, which their digests give them;
    and a flipped bit in the middle goes unseen. The file is written under a temporary name and
    renamed. Processes of one machine that want it at the same time wait for the first of them;
    where its folder cannot be locked each computes it, the last one stays, and all are equal.

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
        _write(file, images, variant, origin)
    except OSError as problem:
        raise BadInput(
            f"{file}: the images preprocessed by {variant!r} cannot be stored there "
            f"({problem.strerror}); {images.size * 2 / 2**20:.0f} MiB are needed"
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


def _mapped(file: Path, shape: tuple[int, ...], origin: bytes) -> NDArray[np.float16] | None:
    """The file's array if it is whole and of this origin."""
    try:
        with file.open("rb") as stream:
            stream.seek(-len(origin), os.SEEK_END)
            if stream.read() != origin:
                return None
        array = np.load(file, mmap_mode="r")
    except (OSError, ValueError):
        return None
    expected = array.offset + array.nbytes + len(origin)
    is_complete = (
        array.shape == shape and array.dtype == np.float16 and file.stat().st_size == expected
    )
    return array if is_complete else None


def _write(file: Path, images: NDArray[np.uint8], variant: str, origin: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(file)
    header = {"descr": np.dtype(np.float16).str, "fortran_order": False, "shape": images.shape}
    with replacement(file) as part, part.open("xb") as stream:
        np.lib.format.write_array_header_1_0(stream, header)
        with ProgressBar(f"preprocessing: {variant}", len(images)) as bar:
            for block in _blocks(images, variant):
                stream.write(block.tobytes())
                bar.advance(len(block))
        stream.write(origin)


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
