"""Processes of one machine that want the same remote data at once, and one that is killed."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.data.cache.open_faces import entry_folder, open_faces
from orchestrator.data.testing import example, fer2013_csv, image_folders

ROOT = Path(__file__).parents[3]
EXAMPLE = example((3, 1, 1))
CSV = fer2013_csv(EXAMPLE)["fer2013.csv"]


@pytest.fixture
def cache(tmp_path) -> Path:
    return tmp_path / "cache"


OPEN = """
import sys
from pathlib import Path
from orchestrator.data.cache.open_faces import open_faces
print("ready", flush=True)
sys.stdin.readline()
print(open_faces(sys.argv[1], cache=Path(sys.argv[2])).digest)
"""


def started(program: str, *words: object, n: int = 4) -> list[subprocess.Popen[str]]:
    """Processes that have imported everything and go on at a line on their standard input."""
    command = [sys.executable, "-c", program, *map(str, words)]
    pipe = subprocess.PIPE
    processes = [
        subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) for _ in range(n)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    return processes


@pytest.mark.long
def test_four_processes_that_start_at_once_copy_and_read_once(bucket, cache):
    uri = bucket.put_all("d", image_folders(EXAMPLE))
    processes = started(OPEN, uri, cache)
    bucket.requests.clear()
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    digests = {process.communicate(timeout=60)[0].strip() for process in processes}
    assert len(digests) == 1
    (digest,) = digests
    assert bucket.requests_of("GET", "d/") == 35
    assert sorted(path.name for path in cache.iterdir()) == sorted([digest, "downloads", "index"])
    assert json.loads((entry_folder(digest, cache) / "meta.json").read_text())["layout"]


KILLED = """
import os, signal
from orchestrator.data.cache import downloads
stat_remote = downloads.stat_remote
downloads.stat_remote = lambda *a: os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.faults
def test_a_process_killed_while_copying_leaves_nothing_that_is_read(bucket, cache):
    uri = bucket.put("fer2013.csv", CSV)
    (process,) = started(KILLED + OPEN, uri, cache, n=1)
    process.communicate("go\n", timeout=60)
    assert process.returncode == -signal.SIGKILL
    (left,) = (cache / "downloads").iterdir()
    assert left.name.startswith(".unfinished-")
    assert len(open_faces(uri, cache=cache).training) == 21
    assert bucket.requests_of("GET") == 2
