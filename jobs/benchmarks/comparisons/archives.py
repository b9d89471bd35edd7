"""A zip of image folders to arrays."""

import io
import zipfile

import numpy as np
from PIL import Image

from jobs.benchmarks.comparisons.faces import archive, digest
from jobs.benchmarks.side_by_side.comparison import Case, Measured
from jobs.benchmarks.side_by_side.stopwatch import stopwatch
from orchestrator.data.layouts.sources import read_faces

IMAGES = (".jpg", ".jpeg", ".png")


def ours(case: Case) -> Measured:
    """Read and checked, with labels, splits and notes of what is odd."""
    with stopwatch() as watch:
        raw, _ = read_faces(archive(case))
    return watch.measured(answer=digest(raw.images))


def pillow(case: Case) -> Measured:
    """A loop over its members, one core."""
    with stopwatch() as watch, zipfile.ZipFile(archive(case)) as source:
        names = sorted(n for n in source.namelist() if n.lower().endswith(IMAGES))
        images, labels = [], []
        for name in names:
            with Image.open(io.BytesIO(source.read(name))) as image:
                images.append(np.asarray(image.convert("L")))
            labels.append(name.split("/")[-2])
        faces = np.stack(images)
    return watch.measured(answer=digest(faces), note=f"{len(labels):,} images")
