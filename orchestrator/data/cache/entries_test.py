import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from orchestrator.data.cache.open_faces import (
    AUDIT,
    entry_folder,
    open_digest,
    open_faces,
)
from orchestrator.data.testing import (
    example,
)
from orchestrator.errors import BadInput

EXAMPLE = example((10, 2, 2))
ROOT = Path(__file__).parents[3]


DAMAGES = {
    "truncated": lambda file: file.write_bytes(file.read_bytes()[:-1]),
    "removed": lambda file: file.unlink(),
    "emptied": lambda file: file.write_bytes(b""),
}


@pytest.mark.faults
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(
    "name", ["training.images.npy", "test.labels.npy", "validation.ids.npy", "meta.json", AUDIT]
)
def test_a_damaged_entry_is_never_read_and_made_again(table, cache, name, damage):
    splits = open_faces(table, cache=cache)
    pixels = splits.training.images.copy()
    folder = entry_folder(splits.digest, cache)
    shutil.copytree(folder, folder.parent / "kept")
    DAMAGES[damage](folder / name)
    with pytest.raises(BadInput, match=r"run python -m jobs.prepare on the data again"):
        open_digest(splits.digest, cache)
    np.testing.assert_array_equal(open_faces(table, cache=cache).training.images, pixels)
    assert (folder / name).read_bytes() == (folder.parent / "kept" / name).read_bytes()


@pytest.mark.faults
def test_a_process_killed_while_writing_leaves_nothing_that_is_read(table, cache):
    program = (
        "import os, sys; from pathlib import Path; import orchestrator.data.cache.entries as e\n"
        "e._write_meta = lambda *a: os.kill(os.getpid(), 9)\n"
        "from orchestrator.data.cache.open_faces import open_faces\n"
        "open_faces(Path(sys.argv[1]), cache=Path(sys.argv[2]))"
    )
    done = subprocess.run([sys.executable, "-c", program, table, cache], cwd=ROOT, check=False)
    assert done.returncode == -9
    left = list(cache.glob(".unfinished-*"))
    others = {path.name for path in cache.iterdir()} - {path.name for path in left}
    assert len(left) == 1
    assert [name.endswith(".lock") for name in others] == [True]
    assert (left[0] / "training.images.npy").exists()
    splits = open_faces(table, cache=cache)
    np.testing.assert_array_equal(splits.training.images, EXAMPLE.images[:70])
    assert left[0].exists()  # it might still be somebody's work
    os.utime(left[0], (0, 0))
    open_faces(None, embedded=70, cache=cache)
    assert not left[0].exists()


def test_writers_at_the_same_time_end_in_one_intact_entry(table, cache):
    digests, errors = [], []

    def work() -> None:
        try:
            digests.append(open_faces(table, cache=cache).digest)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(set(digests)) == 1
    assert len(digests) == 6
    assert sorted(path.name for path in cache.iterdir()) == sorted([digests[0], "index"])


def test_what_others_keep_beside_an_entry_stays(table, cache):
    splits = open_faces(table, cache=cache)
    kept = entry_folder(splits.digest, cache) / "variants" / "plain.npy"
    kept.parent.mkdir()
    kept.write_bytes(b"x")
    open_faces(table, cache=cache)
    shutil.rmtree(cache / "index")
    open_faces(table, cache=cache)
    assert kept.read_bytes() == b"x"
