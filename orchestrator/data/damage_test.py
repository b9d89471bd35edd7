"""Random damage to readable data: faces, or one sentence, within bounds of time and memory.

More examples: HYPOTHESIS_EXAMPLES=10000.
"""

import bz2
import functools
import gzip
import lzma
import os
import shutil
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.data.layouts.sources import read_faces
from orchestrator.data.testing import (
    class_folders,
    csv_bytes,
    example,
    image_folders,
    labelled_images,
    write_folder,
    write_tar,
    write_zip,
)
from orchestrator.errors import BadInput
from orchestrator.process.error_line import sentence

pytestmark = pytest.mark.long

EXAMPLES = int(os.environ.get("HYPOTHESIS_EXAMPLES", "50"))
MANY = 2_000

SECONDS = 5.0
"""Of processor time that a damaged input may take; an intact one takes 0.1 s."""

MEMORY = 300 * 2**20
"""Bytes that it may take: a few times the 64 MiB that a small archive may unpack to."""

FACES = example((3, 1, 1))
TABLE = csv_bytes(FACES, ("emotion", "pixels", "Usage"))


def _table(ending: str, pack: Callable[[bytes], bytes]) -> Callable[[Path], Path]:
    return lambda folder: write_folder({f"x.csv.{ending}": pack(TABLE)}, folder) / f"x.csv.{ending}"


def _plain_tar(folder: Path) -> Path:
    file = write_tar(labelled_images(FACES), folder / "x.tar")
    file.write_bytes(gzip.decompress(file.read_bytes()))
    return file


WRITERS: dict[str, Callable[[Path], Path]] = {
    "csv": _table("plain", bytes),
    "gz": _table("gz", gzip.compress),
    "xz": _table("xz", lzma.compress),
    "bz2": _table("bz2", bz2.compress),
    "zst": _table("zst", lambda data: pa.Codec("zstd").compress(data, asbytes=True)),
    "zip": lambda folder: write_zip(image_folders(FACES), folder / "x.zip"),
    "zip of a table": lambda folder: write_zip({"x.csv.gz": gzip.compress(TABLE)}, folder / "x"),
    "tar.gz": lambda folder: write_tar(class_folders(FACES), folder / "x.tar.gz"),
    "tar": _plain_tar,
    "folder": lambda folder: write_folder(labelled_images(FACES), folder / "x"),
}
"""Kind -> what writes a readable data set of it below a folder."""

DAMAGES = ("flip", "cut", "lose", "double", "blank", "insert")

places = st.floats(0, 1, exclude_max=True)
lengths = st.sampled_from([1, 2, 16, 512, 5000])
damages = st.tuples(st.sampled_from(DAMAGES), places, lengths, st.binary(max_size=40))
injuries = st.lists(damages, min_size=1, max_size=3)

Damage = tuple[str, float, int, bytes]


def damaged(data: bytes, damage: Damage) -> bytes:
    """The bytes after one of: bits turned over, the end lost, a part lost, doubled, blank, new."""
    kind, place, length, new = damage
    start = int(place * len(data))
    before, part, after = data[:start], data[start : start + length], data[start + length :]
    return {
        "flip": before + bytes(byte ^ (new or b"\x01")[0] for byte in part) + after,
        "cut": before,
        "lose": before + after,
        "double": before + part + part + after,
        "blank": before + bytes(len(part)) + after,
        "insert": before + new + part + after,
    }[kind]


@functools.cache
def intact(kind: str) -> dict[str, bytes]:
    """Path -> content of a readable data set's files."""
    with tempfile.TemporaryDirectory() as name:
        path = WRITERS[kind](Path(name))
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        return {str(f.relative_to(name)): f.read_bytes() for f in files if f.is_file()}


def read(folder: Path, members: Mapping[str, bytes]) -> None:
    """Read a data set of one file or more, and look at what came of it."""
    shutil.rmtree(folder, ignore_errors=True)
    write_folder(members, folder)
    path = folder / next(iter(members)) if len(members) == 1 else folder
    began = time.process_time()
    tracemalloc.start()
    try:
        raw, _ = read_faces(path)
    except BadInput as refusal:
        text = sentence(refusal)
        assert 0 < len(text) <= 1000
        assert text.isprintable()
    else:
        assert raw.images.shape == (len(raw.labels), 48, 48)
        assert raw.labels.max() < len(raw.classes)
        assert all(note.isprintable() for note in raw.notes)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert time.process_time() - began < SECONDS
    assert peak < MEMORY


def injured(members: Mapping[str, bytes], harm: list[Damage], which: float) -> dict[str, bytes]:
    """The same files, one of them damaged."""
    name = list(members)[int(which * len(members))]
    return {**members, name: functools.reduce(damaged, harm, members[name])}


@pytest.mark.parametrize("kind", WRITERS)
@given(harm=injuries, which=places)
@settings(max_examples=EXAMPLES, deadline=None)
def test_damaged_data_are_faces_or_a_sentence(tmp_path_factory, kind, harm, which):
    folder = tmp_path_factory.getbasetemp() / "damaged"
    read(folder, injured(intact(kind), harm, which))


@pytest.mark.slow
@pytest.mark.parametrize("kind", WRITERS)
@given(harm=injuries, which=places)
@settings(max_examples=MANY, deadline=None)
def test_much_damage_is_faces_or_a_sentence(tmp_path_factory, kind, harm, which):
    folder = tmp_path_factory.getbasetemp() / "damaged"
    read(folder, injured(intact(kind), harm, which))
