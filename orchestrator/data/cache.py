"""Open a data set: from the cache if the path is unchanged, else read, checked, carved, cached."""

import dataclasses
import io
from pathlib import Path
from typing import Any

import numpy as np

from orchestrator.data import index, synthetic
from orchestrator.data.audit import audit
from orchestrator.data.carve import carve
from orchestrator.data.entries import (
    AUDIT,
    VARIANTS,
    content_digest,
    default_cache,
    entry_folder,
    open_digest,
    read_meta,
    store,
)
from orchestrator.data.faces import EMOTIONS, Faces, Splits
from orchestrator.data.published import departures
from orchestrator.data.raw import SPLITS, Raw
from orchestrator.data.sources import SOURCES, open_container, recognise
from orchestrator.errors import BadInput

__all__ = [
    "AUDIT",
    "VARIANTS",
    "default_cache",
    "entry_folder",
    "open_digest",
    "open_faces",
    "read_meta",
    "store",
]

EMBEDDED = "embedded faces"
"""The layout's name where no path is given."""


def open_faces(
    path: Path | None, *, embedded: int = 6000, seed: int = 0, cache: Path | None = None
) -> Splits:
    """A data set, memory-mapped; read and cached first if it is not in the cache.

    Args:
        path: a CSV, zip, tar.gz or folder in one of the layouts of `sources.SOURCES`; None for
            embedded faces.
        embedded: how many faces to draw where `path` is None.
        seed: of the drawing.
        cache: the cache's folder; `default_cache()` if None.

    Raises:
        BadInput: for data that cannot be used, or a cache that cannot be written.
    """
    cache = cache or default_cache()
    source = f"embedded {embedded} {seed}" if path is None else str(path.resolve())
    mark = f"{index.READING} {synthetic.VERSION}" if path is None else index.stamp(path)
    known = index.recall(source, mark, cache)
    if known is not None:
        try:
            return dataclasses.replace(open_digest(known.digest, cache), notes=known.notes)
        except BadInput:
            pass  # damaged or removed since: made again below
    if path is None:
        splits = _ingest(_embedded(embedded, seed), EMBEDDED, cache)
    else:
        with open_container(path) as container:
            layout = recognise(container)
            raw = SOURCES[layout].read(container)
        splits = _ingest(raw, layout, cache)
    index.remember(source, mark, index.Known(splits.digest, splits.notes), cache)
    return dataclasses.replace(open_digest(splits.digest, cache), notes=splits.notes)


def _embedded(n: int, seed: int) -> Raw:
    drawn = synthetic.draw(n, seed)
    version = f"{synthetic.VERSION}.{seed}"
    return Raw(
        images=drawn.images,
        labels=drawn.labels,
        ids=np.array([f"drawn-{version}-{number:06d}" for number in range(n)]),
        splits=np.zeros(n, np.uint8),
        classes=EMOTIONS,
        notes=(f"{n:,} embedded faces, drawn with seed {seed}: no photographs.",),
        regions=drawn.regions,
    )


def _ingest(raw: Raw, layout: str, cache: Path) -> Splits:
    carved = carve(raw)
    audited = audit(raw, carved.splits)
    faces = {name: _faces(raw, carved.splits == number) for number, name in enumerate(SPLITS)}
    splits = Splits(
        **faces,
        classes=raw.classes,
        digest=content_digest(faces, raw.classes),
        notes=(*raw.notes, *carved.notes, *departures(raw)),
        seen_test_ids=frozenset(audited.seen_ids["test"]),
    )
    table = io.BytesIO()
    audited.table.to_parquet(table, index=False)
    about: dict[str, Any] = {
        "layout": layout,
        "fer2013": raw.fer2013,
        "counts_as_given": dict(zip(SPLITS, raw.counts().tolist(), strict=True)),
        "departures": departures(raw),
        "audit": audited.summary.to_dict(),
        "seen_validation_ids": audited.seen_ids["validation"],
    }
    store(splits, cache, about, {AUDIT: table.getvalue()})
    return splits


def _faces(raw: Raw, rows: np.ndarray) -> Faces:
    return Faces(
        images=raw.images[rows],
        labels=raw.labels[rows],
        ids=raw.ids[rows],
        regions=None if raw.regions is None else raw.regions[rows],
    )
