"""One variant over many images by several processes.

Threads would not do: scikit-image's equalisations hold Python's interpreter lock, and four threads
ran at a quarter of the speed of one. Nor would `multiprocessing`, which imports the caller's main
module once more in each process: a Ray worker's, or a user's script without a main guard. So each
process is a plain interpreter that reads images from its standard input and answers on its
standard output; it ends when its input does, hence also when its parent is killed.
"""

import os
import subprocess
import sys
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import IO

import numpy as np
from numpy.typing import NDArray

from orchestrator.preprocess import VARIANTS

_ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = (
    f"import sys; sys.path.insert(0, {str(_ROOT)!r}); "
    f"from {__name__} import answer; answer(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))"
)
_HEADER = 8  # bytes that say how many images follow


def in_processes(
    variant: str, images: NDArray[np.uint8], chunks: Sequence[slice], workers: int
) -> Generator[NDArray[np.float16]]:
    """The variant of each chunk, in order.

    Args:
        variant: name in VARIANTS.
        images: (n, h, w).
        chunks: slices of `images`.
        workers: processes, started here and ended with the iteration, finished or not.

    Yields:
        For each chunk its (m, h, w) float16.

    Raises:
        RuntimeError: when a process stops before its work is done; its own words about it stand
            on standard error.
    """
    h, w = images.shape[1:]
    processes = [_start(variant, h, w) for _ in range(workers)]
    idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
    for process in processes:
        idle.put(process)

    def corrected(chunk: slice) -> NDArray[np.float16]:
        process = idle.get()
        try:
            return _ask(process, images[chunk])
        finally:
            idle.put(process)

    pool = ThreadPoolExecutor(workers)
    try:
        yield from pool.map(corrected, chunks)
    finally:
        for process in processes:
            process.kill()
        pool.shutdown(cancel_futures=True)
        for process in processes:
            process.communicate()


def answer(variant: str, h: int, w: int) -> None:
    """What each process does until its standard input ends."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while header := source.read(_HEADER):
        n = int.from_bytes(header, "little")
        images = np.frombuffer(_exactly(source, n * h * w), np.uint8).reshape(n, h, w)
        sink.write(VARIANTS[variant](images).astype(np.float16).tobytes())
        sink.flush()


def _start(variant: str, h: int, w: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _PROGRAM, variant, str(h), str(w)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        start_new_session=True,  # Ctrl-C is the parent's to handle
    )


def _ask(process: subprocess.Popen[bytes], images: NDArray[np.uint8]) -> NDArray[np.float16]:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(len(images).to_bytes(_HEADER, "little") + images.tobytes())
        process.stdin.flush()
        content = _exactly(process.stdout, images.size * 2)
    except (OSError, EOFError) as problem:
        raise RuntimeError(
            f"a preprocessing process stopped in mid-work (exit code {process.poll()}); "
            "what it said stands above"
        ) from problem
    return np.frombuffer(content, np.float16).reshape(images.shape)


def _exactly(stream: IO[bytes], size: int) -> bytes:
    content = stream.read(size)
    if len(content) < size:
        raise EOFError(f"{len(content)} of {size} bytes")
    return content
