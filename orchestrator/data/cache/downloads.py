"""Copies of remote data in the cache: one a URI and state, whole or not there."""

import contextlib
import hashlib
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from orchestrator.data.cache.entries import sweep_abandoned, unfinished, unwritable
from orchestrator.data.remote.access import access
from orchestrator.data.remote.remote_data import RemoteData, stat_remote
from orchestrator.data.remote.uris import shown
from orchestrator.errors import BadInput
from orchestrator.process.progress_bar import ProgressBar

DOWNLOADS = "downloads"
"""The folder of copies in a cache."""

AT_ONCE = 16
"""Files of a folder copied at a time: a small one takes its answer's way and little more."""

BLOCK = 16 * 2**20
"""Bytes read at a time: each is a request to an object store, and an advance of the bar."""


def fetch(remote: RemoteData, cache: Path, patience: float) -> Path:
    """A copy of what lies behind a URI, made unless it is there.

    It stands in downloads/<digest of URI>-<digest of its state>/<its name>; copies of the same
    URI's earlier states are removed. Call it within the URI's `single_flight`.

    Args:
        remote: what to copy.
        cache: the cache's folder.
        patience: seconds for which an unreachable place is tried again.

    Returns:
        The copy: a file or a folder.

    Raises:
        Unreachable: when the place stays unreachable.
        BadInput: when it cannot be read, has changed meanwhile, or the cache cannot be written.
    """
    folder = cache / DOWNLOADS
    place = folder / f"{_short(remote.uri)}-{_short(remote.mark)}"
    if _is_complete(remote, place / remote.name):
        return place / remote.name
    needed = sum(remote.sizes.values())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sweep_abandoned(folder)
        with unfinished(folder) as half:
            _copy(remote, half / remote.name, patience)
            if stat_remote(remote.uri, patience).mark != remote.mark:
                raise BadInput(
                    f"{shown(remote.uri)} changed while it was copied; wait until it is written, "
                    "and try again"
                )
            for old in folder.glob(f"{_short(remote.uri)}-*"):
                shutil.rmtree(old, ignore_errors=True)
            half.rename(place)
    except OSError as problem:
        raise unwritable(cache, problem, needed) from None
    except _Unwritten as problem:
        raise unwritable(cache, problem.__cause__, needed) from None
    return place / remote.name


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _is_complete(remote: RemoteData, copy: Path) -> bool:
    for name, size in remote.sizes.items():
        file = copy / name if remote.folder else copy
        try:
            if file.stat().st_size != size:
                return False
        except OSError:
            return False
    return copy.exists()


def _copy(remote: RemoteData, target: Path, patience: float) -> None:
    lock = threading.Lock()
    with ProgressBar(f"copying {shown(remote.uri)}", sum(remote.sizes.values())) as bar:

        def advance(size: int) -> None:
            with lock:
                bar.advance(size)

        if not remote.folder:
            _copy_file(remote, remote.name, target, patience, advance)
            return
        target.mkdir()
        for folder in sorted({Path(name).parent for name in remote.sizes}):
            (target / folder).mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            jobs = [
                pool.submit(_copy_file, remote, name, target / name, patience, advance)
                for name in remote.sizes
            ]
            try:
                for job in jobs:
                    job.result()
            except BaseException:  # Ctrl-C included
                pool.shutdown(wait=False, cancel_futures=True)
                raise


def _copy_file(
    remote: RemoteData, name: str, target: Path, patience: float, advance: Callable[[int], None]
) -> None:
    size = access(partial(_stream, remote, name, target, advance), remote.uri, patience)
    if size != remote.sizes[name]:
        raise BadInput(
            f"{shown(remote.uri)}: {name} gave {size:,} bytes, {remote.sizes[name]:,} were "
            "expected; is it being written? try again"
        )


def _stream(remote: RemoteData, name: str, target: Path, advance: Callable[[int], None]) -> int:
    size = 0
    try:
        with remote.open(name) as source, _written(target) as write:
            while block := source.read(BLOCK):
                write(block)
                size += len(block)
                advance(len(block))
    except OSError:
        advance(-size)
        raise
    return size


@contextlib.contextmanager
def _written(target: Path) -> Iterator[Callable[[bytes], None]]:
    """A function that writes to a new file, which is on the disk when the block has ended."""

    def write(block: bytes) -> None:
        rest = memoryview(block)
        try:
            while rest:  # a disk that is nearly full takes a part of it, and says so the next time
                rest = rest[file.write(rest) :]
        except OSError as problem:
            raise _Unwritten from problem

    try:
        file = target.open("wb", buffering=0)
    except OSError as problem:
        raise _Unwritten from problem
    with file:
        yield write
        try:
            os.fsync(file.fileno())
        except OSError as problem:
            raise _Unwritten from problem


class _Unwritten(Exception):
    """The cache's trouble, its cause, which trying the network again does not cure."""
