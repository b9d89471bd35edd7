"""Open a data set: from the cache if the path is unchanged, else read, checked, carved, cached."""

import contextlib
import dataclasses
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from orchestrator.data import synthetic
from orchestrator.data.audit import audit
from orchestrator.data.cache import index
from orchestrator.data.cache.downloads import fetch
from orchestrator.data.cache.entries import (
    AUDIT,
    VARIANTS,
    content_digest,
    entry_folder,
    open_digest,
    read_meta,
    write_entry,
)
from orchestrator.data.cache.single_flight import single_flight
from orchestrator.data.carve import carve
from orchestrator.data.classes import check_classes
from orchestrator.data.faces import EMOTIONS, Faces, Splits
from orchestrator.data.layouts.published import departures
from orchestrator.data.layouts.sources import read_faces
from orchestrator.data.raw import SPLITS, Raw
from orchestrator.data.reading import USUAL, Reading
from orchestrator.data.remote.access import Unreachable, patience_s
from orchestrator.data.remote.remote_data import local_path, stat_remote
from orchestrator.data.remote.uris import check, is_uri, shown
from orchestrator.errors import BadInput
from orchestrator.process.cache_folder import default_cache

__all__ = [
    "AUDIT",
    "VARIANTS",
    "entry_folder",
    "open_digest",
    "open_faces",
    "read_meta",
    "was_read",
    "write_entry",
]

EMBEDDED = "embedded faces"
"""The layout's name where no path is given."""


@dataclass(frozen=True)
class _Origin:
    """Where a data set comes from.

    Attributes:
        source: names it, in the index.
        mark: changes whenever its content does.
        read: its faces and its layout's name.
        what: how a message names it.
    """

    source: str
    mark: str
    read: Callable[[], tuple[Raw, str]]
    what: str


def open_faces(
    path: Path | str | None,
    *,
    embedded: int = 6000,
    seed: int = 0,
    cache: Path | None = None,
    digest: str = "",
    reading: Reading = USUAL,
) -> Splits:
    """A data set, memory-mapped; read and cached first if it is not in the cache.

    What lies behind a URI is copied into the cache first. Processes of one machine that want the
    same data set at once wait for the first of them.

    Args:
        path: a CSV, zip, tar.gz or folder in one of the layouts of `sources.SOURCES`, or a URI of
            one that pyarrow or fsspec reads; None for embedded faces.
        embedded: how many faces to draw where `path` is None.
        seed: of the drawing.
        cache: the cache's folder; `default_cache()` if None.
        digest: the data set's, where it is known: if the cache holds it, a URI is not asked. With
            it, the notes may be those of another copy of the same data set.
        reading: how it is read where there is more than one way.

    Returns:
        The data set. Where a URI cannot be reached and `digest` is empty: what it held when it was
        last read, with a note that says so.

    Raises:
        BadInput: for data that cannot be used, or a cache that cannot be written.
    """
    cache = cache or default_cache()
    uri = str(path) if path is not None and is_uri(path) else ""
    if uri:
        check(uri)
        path = local_path(uri) or uri
    if path is None:
        if reading.labels:
            raise BadInput("--labels labels images of the user; name them with --data PATH")
        return _opened(_drawing(embedded, seed), cache)
    if isinstance(path, Path) or not uri:
        return _opened(_local(Path(path), reading), cache)
    if digest:
        with contextlib.suppress(BadInput):
            return open_digest(digest, cache)
    before = None if digest else index.recall(uri + reading.key, None, cache)
    try:
        return _opened(_behind(uri, cache, 0 if before else patience_s(), reading), cache)
    except Unreachable as problem:
        if before is None:
            raise
        return _read_before(uri, before, cache, problem)


def was_read(path: str, cache: Path | None = None) -> bool:
    """Whether a data set was read from a path or URI before, with this cache.

    Args:
        path: of the data set.
        cache: the cache's folder; `default_cache()` if None.
    """
    try:
        local = local_path(path) if is_uri(path) else Path(path)
        source = path if local is None else str(local.resolve())
    except (BadInput, OSError, ValueError):  # no path at all, e.g. with a NUL in it
        return False
    return index.recall(source, None, cache or default_cache()) is not None


def _drawing(embedded: int, seed: int) -> _Origin:
    return _Origin(
        source=f"embedded {embedded} {seed}",
        mark=f"{index.READING} {synthetic.VERSION}",
        read=lambda: (check_classes(_embedded(embedded, seed), EMBEDDED), EMBEDDED),
        what=f"draws {embedded:,} embedded faces",
    )


def _local(path: Path, reading: Reading) -> _Origin:
    return _Origin(
        source=str(path.resolve()) + reading.key,
        mark=index.stamp(path) + reading.mark(),
        read=lambda: read_faces(path, reading),
        what=f"reads {path}",
    )


def _behind(uri: str, cache: Path, patience: float, reading: Reading) -> _Origin:
    remote = stat_remote(uri, patience)

    def read() -> tuple[Raw, str]:
        copy = fetch(remote, cache, patience)
        try:
            raw, layout = read_faces(copy, reading)
        except BadInput as problem:  # the copy's place means nothing to who gave the URI
            raise BadInput(str(problem).replace(str(copy), shown(uri))) from None
        notes = (note.replace(str(copy), shown(uri)) for note in raw.notes)
        return dataclasses.replace(raw, notes=tuple(notes)), layout

    return _Origin(
        source=uri + reading.key,
        mark=f"{index.READING} {remote.mark}{reading.mark()}",
        read=read,
        what=f"copies and reads {shown(uri)}",
    )


def _opened(origin: _Origin, cache: Path) -> Splits:
    splits = _cached(origin, cache)
    if splits is not None:
        return splits
    name = hashlib.sha256(origin.source.encode("utf-8", "surrogateescape")).hexdigest()[:32]
    with single_flight(cache / f".{name}.lock", origin.what):
        splits = _cached(origin, cache)  # who was waited for may have read it
        if splits is not None:
            return splits
        raw, layout = origin.read()
        splits = _ingest(raw, layout, cache)
        entry = index.IndexEntry(splits.digest, splits.notes)
        index.remember(origin.source, origin.mark, entry, cache)
    return dataclasses.replace(open_digest(splits.digest, cache), notes=splits.notes)


def _cached(origin: _Origin, cache: Path) -> Splits | None:
    entry = index.recall(origin.source, origin.mark, cache)
    if entry is None:
        return None
    try:
        return dataclasses.replace(open_digest(entry.digest, cache), notes=entry.notes)
    except BadInput:
        return None  # damaged or removed since: made again


def _read_before(uri: str, before: index.IndexEntry, cache: Path, problem: BadInput) -> Splits:
    try:
        splits = open_digest(before.digest, cache)
    except BadInput:
        raise problem from None
    note = (
        f"{shown(uri)} could not be reached: these are the faces that it held when it was "
        f"last read here (digest {before.digest[:12]})."
    )
    return dataclasses.replace(splits, notes=(*before.notes, note))


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
    metadata: dict[str, Any] = {
        "layout": layout,
        "fer2013": raw.fer2013,
        "counts_as_given": dict(zip(SPLITS, raw.counts().tolist(), strict=True)),
        "departures": departures(raw),
        "audit": audited.summary.to_dict(),
        "seen_validation_ids": audited.seen_ids["validation"],
    }
    write_entry(splits, cache, metadata, {AUDIT: table.getvalue()})
    return splits


def _faces(raw: Raw, rows: np.ndarray) -> Faces:
    return Faces(
        images=raw.images[rows],
        labels=raw.labels[rows],
        ids=raw.ids[rows],
        regions=None if raw.regions is None else raw.regions[rows],
    )
