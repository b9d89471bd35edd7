"""Computed once, mapped ever after, never half."""

import io
import logging
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest

from orchestrator.errors import BadInput
from orchestrator.preprocess import VARIANTS
from orchestrator.preprocess import prepared as module
from orchestrator.preprocess.prepared import prepared
from orchestrator.preprocess.variant import Variant
from orchestrator.process import hardware, progress_bar

ROOT = Path(__file__).parents[2]


@pytest.fixture
def file(tmp_path):
    return tmp_path / "cache" / "training.npy"


@pytest.fixture
def counted(monkeypatch):
    """The number of images that "gamma" has been computed for, per call."""
    calls = []
    original = VARIANTS["gamma"].compute

    def compute(images, *, exponent=0.5):
        calls.append(len(images))
        return original(images, exponent=exponent)

    monkeypatch.setitem(VARIANTS, "gamma", Variant(compute, bounds=(0, 1)))
    return calls


@pytest.mark.parametrize("name", [name for name in VARIANTS if name != "plain"])
def test_what_is_stored_is_the_variant_rounded_to_float16(name, faces, file):
    result = prepared(faces, name, file)
    assert isinstance(result, np.memmap)
    assert not result.flags.writeable
    np.testing.assert_array_equal(result, VARIANTS[name](faces).astype(np.float16))
    np.testing.assert_allclose(result, VARIANTS[name](faces), rtol=2**-11, atol=2**-25)


def test_plain_is_the_images_themselves_and_nothing_is_written(faces, file):
    assert prepared(faces, "plain", file) is faces
    assert not file.parent.exists()


def test_the_second_call_maps_the_file_and_computes_nothing(faces, file, counted):
    first = prepared(faces, "gamma", file)
    computed = len(counted)
    began = time.process_time()
    second = prepared(faces, "gamma", file)
    assert time.process_time() - began < 0.02
    assert len(counted) == computed
    np.testing.assert_array_equal(first, second)


def test_any_reader_of_npy_can_read_it(faces, file):
    result = prepared(faces, "gamma", file)
    np.testing.assert_array_equal(np.load(file), result)
    assert b'"variant": "gamma", "version": 1' in file.read_bytes()[-300:]


def damage_cut(path):
    os.truncate(path, path.stat().st_size // 2)


def damage_empty(path):
    os.truncate(path, 0)


def damage_header(path):
    with path.open("r+b") as stream:
        stream.write(b"garbage!")


def damage_shape(path):
    content = path.read_bytes()
    path.write_bytes(content.replace(b"(7, 48, 48)", b"(7, 48, 47)", 1))


def damage_hole(path):
    content = path.read_bytes()
    path.write_bytes(content[:1000] + content[1002:])


def damage_pixel(path):
    """One bit of a pixel; size and time stay."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def damage_folder(path):
    path.unlink()
    path.mkdir()
    (path / "something").write_bytes(b"x")


def damage_link(path):
    path.unlink()
    path.symlink_to("nowhere")


@pytest.mark.faults
@pytest.mark.parametrize(
    "damage",
    [
        damage_cut,
        damage_empty,
        damage_header,
        damage_shape,
        damage_hole,
        damage_pixel,
        damage_folder,
    ],
)
def test_a_damaged_file_is_computed_again_and_said_so(damage, faces, file, caplog):
    good = np.array(prepared(faces, "isotropic", file))
    damage(file)
    with caplog.at_level(logging.WARNING):
        np.testing.assert_array_equal(prepared(faces, "isotropic", file), good)
    assert "computed again" in caplog.text
    caplog.clear()
    prepared(faces, "isotropic", file)
    assert caplog.text == ""
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.faults
def test_a_link_to_nowhere_is_replaced(faces, file):
    good = np.array(prepared(faces, "isotropic", file))
    damage_link(file)
    np.testing.assert_array_equal(prepared(faces, "isotropic", file), good)
    assert not file.is_symlink()


def test_the_checksum_is_compared_once_in_a_process(faces, file, monkeypatch):
    prepared(faces, "gamma", file)
    computed = []
    monkeypatch.setattr(module, "checksum", lambda *of: computed.append(of) or -1)
    prepared(faces, "gamma", file)
    assert computed == []
    monkeypatch.setattr(module, "_verified", set())
    with pytest.raises(BadInput, match="was changed by another program while it was written"):
        prepared(faces, "gamma", file)
    assert len(computed) == 3  # before and after waiting for others, and what was written


def test_a_file_of_version_0_1_0_has_no_checksum_and_is_computed_again(faces, file):
    good = np.array(prepared(faces, "gamma", file))
    file.write_bytes(file.read_bytes()[:-9])
    np.testing.assert_array_equal(prepared(faces, "gamma", file), good)
    assert file.read_bytes()[-1:] == b"\n"
    assert int(file.read_bytes()[-9:], 16) > 0


def test_new_parameters_version_variant_or_images_are_computed_again(faces, file, monkeypatch):
    def root(images, *, exponent=0.5):
        return np.float32(images / 255) ** exponent

    def square(images, *, exponent=2.0):
        return np.float32(images / 255) ** exponent

    monkeypatch.setitem(VARIANTS, "gamma", Variant(root, (0, 1)))
    origins = [module._origin(faces, "gamma"), module._origin(faces, "dog")]
    prepared(faces, "gamma", file)
    monkeypatch.setitem(VARIANTS, "gamma", Variant(square, (0, 1)))
    origins.append(module._origin(faces, "gamma"))
    assert prepared(faces, "gamma", file)[5, 0, 0] == np.float16((130 / 255) ** 2)
    monkeypatch.setitem(VARIANTS, "gamma", Variant(square, (0, 1), version=2))
    origins.append(module._origin(faces, "gamma"))
    assert prepared(faces[::-1], "gamma", file)[1, 0, 0] == np.float16((130 / 255) ** 2)
    origins.append(module._origin(faces[::-1], "gamma"))
    assert len(set(origins)) == 5


def test_an_unknown_variant_is_told_the_known_ones(faces, file):
    with pytest.raises(BadInput, match="unknown preprocessing 'sharpen'; known: plain, stand"):
        prepared(faces, "sharpen", file)


def test_a_folder_that_cannot_be_made_is_bad_input(faces, tmp_path):
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(BadInput, match=r"cache.x\.npy: the images preprocessed by 'gamma' cannot"):
        prepared(faces, "gamma", tmp_path / "cache" / "x.npy")


def test_no_images_give_no_images(faces, file):
    assert prepared(faces[:0], "clahe", file).shape == (0, 48, 48)


def test_intensities_are_refused(faces, file):
    with pytest.raises(TypeError, match="float64; expected"):
        prepared(faces / 255, "gamma", file)


def test_chunks_join_seamlessly(faces, file, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 2)
    expected = VARIANTS["diffusion"](faces).astype(np.float16)
    np.testing.assert_array_equal(prepared(faces, "diffusion", file), expected)
    monkeypatch.setattr(module, "WORTH_PROCESSES", 0.0)
    monkeypatch.setattr(hardware, "cores", lambda: 2)
    in_two = prepared(faces, "diffusion", file.with_name("two.npy"))
    np.testing.assert_array_equal(in_two, expected)


def test_an_error_in_mid_work_leaves_no_file(faces, file, monkeypatch):
    def breaks(images):
        if len(images) == 1 or images[0].any():
            return np.zeros(images.shape, np.float32)
        raise ArithmeticError

    monkeypatch.setattr(module, "CHUNK", 2)
    monkeypatch.setitem(VARIANTS, "gamma", Variant(breaks, (0, 1)))
    with pytest.raises(ArithmeticError):
        prepared(faces, "gamma", file)  # the fifth image is black
    assert list(file.parent.iterdir()) == []


def test_four_at_once_all_get_the_same(faces, file):
    many = np.tile(faces, (50, 1, 1))
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: np.array(prepared(many, "dog", file)), range(4)))
    for result in results:
        np.testing.assert_array_equal(result, VARIANTS["dog"](many).astype(np.float16))
    assert list(file.parent.iterdir()) == [file]


COUNTING = """
import sys
from pathlib import Path
import numpy as np
from orchestrator.preprocess import VARIANTS, prepared
from orchestrator.preprocess.variant import Variant
calls, original = [], VARIANTS["dog"]
def compute(images):
    calls.append(len(images))
    return original(images)
VARIANTS["dog"] = Variant(compute, bounds=None)
images = np.tile(np.arange(2304, dtype=np.uint8).reshape(1, 48, 48), (3000, 1, 1))
print("ready", flush=True)
sys.stdin.readline()
result = prepared.prepared(images, "dog", Path(sys.argv[1]))
print(sum(calls), float(result.astype(float).sum()))
"""


def test_of_four_processes_at_once_one_computes_and_the_others_wait(file):
    command = [sys.executable, "-c", COUNTING, file]
    pipe = subprocess.PIPE
    processes = [
        subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) for _ in range(4)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=60)[0].split() for process in processes]
    assert sorted(int(count) for count, _ in answers) == [0, 0, 0, 3001]  # one to warm up
    assert len({total for _, total in answers}) == 1
    assert list(file.parent.iterdir()) == [file]


def test_what_a_killed_process_left_is_removed_after_an_hour(faces, file):
    file.parent.mkdir()
    recent, old = (file.with_name(f".training.npy.{x}.partial") for x in ("new", "old"))
    for part in (recent, old):
        part.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    prepared(faces, "gamma", file)
    assert recent.exists()
    assert not old.exists()


PROGRAM = """
import sys
from pathlib import Path
import numpy as np
from orchestrator.preprocess import prepared
prepared.prepared(np.tile(np.arange(2304, dtype=np.uint8).reshape(1, 48, 48), (60000, 1, 1)),
                  "clahe", Path(sys.argv[1]))
"""


@pytest.mark.faults
def test_killed_halfway_leaves_nothing_readable_and_no_process(faces, file):
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, file],
        cwd=ROOT,
    ) as process:
        helpers = wait_for_work(process, file)
        process.send_signal(signal.SIGKILL)
    assert not file.exists()
    _, alive = psutil.wait_procs(helpers, timeout=10)
    assert alive == []
    result = prepared(faces, "clahe", file)
    np.testing.assert_array_equal(result, VARIANTS["clahe"](faces).astype(np.float16))


def wait_for_work(process, file):
    """Waits until something has been written; the process's own processes."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        written = [part for part in file.parent.glob(".*.partial") if part.stat().st_size]
        helpers = psutil.Process(process.pid).children()
        if written and (helpers or hardware.cores() == 1):
            return helpers
        time.sleep(0.02)
    raise AssertionError("nothing was written in 30 s")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_sees_progress_and_a_log_file_does_not(faces, file, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 1)
    monkeypatch.setattr(progress_bar, "PATIENCE", 0.0)
    for stream, seen in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        prepared(faces, "gamma", file.with_name(f"{seen}.npy"))
        assert ("preprocessing: gamma" in stream.getvalue()) is seen
    assert stream.getvalue() == ""


def test_quick_work_shows_no_progress(faces, file, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    prepared(faces, "gamma", file)
    assert terminal.getvalue() == ""
