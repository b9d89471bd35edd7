"""`fer2013.csv` to arrays: cold, and from the cache."""

import numpy as np

from jobs.benchmarks.comparisons.faces import CSV, digest
from jobs.benchmarks.side_by_side.comparison import Case, Measured
from jobs.benchmarks.side_by_side.stopwatch import stopwatch
from orchestrator.data.cache.open_faces import open_faces
from orchestrator.data.faces import SIDE
from orchestrator.data.layouts.sources import read_faces


def cold(case: Case) -> Measured:
    """Read and checked."""
    with stopwatch() as watch:
        raw, _ = read_faces(case.folder / CSV)
    return watch.measured(answer=digest(raw.images))


def with_pandas(case: Case) -> Measured:
    """As notebooks on FER2013 read it."""
    import pandas as pd

    with stopwatch() as watch:
        table = pd.read_csv(case.folder / CSV)
        pixels = [np.array(text.split(), np.uint8) for text in table["pixels"]]
        images = np.stack(pixels).reshape(-1, SIDE, SIDE)
        labels = table["emotion"].to_numpy(np.uint8)
    return watch.measured(answer=digest(images), note=f"{len(labels):,} rows")


def bytes_alone(case: Case) -> Measured:
    """The file's bytes in memory, which the system has there already."""
    with stopwatch() as watch:
        content = (case.folder / CSV).read_bytes()
    return watch.measured(note=f"{len(content) / 1e6:.0f} MB")


def fill_cache(case: Case) -> None:
    """As a first sweep on the data leaves it."""
    from jobs.benchmarks.comparisons.faces import write_csv

    write_csv(case)
    open_faces(case.folder / CSV, cache=case.folder)


def cached(case: Case) -> Measured:
    """As every later process opens it, checksums verified."""
    with stopwatch() as watch:
        splits = open_faces(case.folder / CSV, cache=case.folder)
        n = sum(len(f.images) for f in (splits.training, splits.validation, splits.test))
    return watch.measured(note=f"{n:,} images")


def cold_uncounted(case: Case) -> Measured:
    """Ours without the answer, for a peer that has none."""
    measured = cold(case)
    return Measured(measured.cost, measured.cpu)
