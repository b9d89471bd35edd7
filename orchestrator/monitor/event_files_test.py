import math
import struct
import time
from types import SimpleNamespace

import numpy as np
import pytest
from google.protobuf.struct_pb2 import Value
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.plugins.hparams import api_pb2
from tensorboardX.record_writer import masked_crc32c

from orchestrator.monitor import event_files


def test_record_is_length_checksum_content_checksum(tmp_path):
    file = tmp_path / "run" / "events.out.tfevents.1"
    event_files.append(file, event_files.event(event_files.text("a", "b"), step=3))
    content = file.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    assert struct.unpack("<I", content[8:12])[0] == masked_crc32c(content[:8])
    first = content[12 : 12 + length]
    assert b"brain.Event:2" in first
    assert struct.unpack("<I", content[12 + length : 16 + length])[0] == masked_crc32c(first)
    assert [event.step for event in EventFileLoader(str(file)).Load()] == [0, 3]


def test_checksum_is_crc32c_as_the_format_masks_it():
    # RFC 3720, B.4: 32 bytes of zeros have CRC-32C 8a9136aa.
    crc = 0x8A9136AA
    assert masked_crc32c(bytes(32)) == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_file_begins_once_however_often_it_is_appended_to(tmp_path):
    file = event_files.new(tmp_path)
    for step in (1, 2):
        event_files.append(file, event_files.event(event_files.text("a", "b"), step=step))
    kinds = [event.WhichOneof("what") for event in EventFileLoader(str(file)).Load()]
    assert kinds == ["file_version", "summary", "summary"]


def test_names_are_in_order_of_time(tmp_path):
    files = []
    for _ in range(3):
        files.append(event_files.new(tmp_path))
        event_files.append(files[-1], event_files.restart(1))
        time.sleep(1e-6)
    assert event_files.of(tmp_path) == files


@pytest.mark.parametrize(
    ("domain", "kind", "discrete", "differs"),
    [
        (0.5, "FLOAT64", [0.5], False),
        (True, "BOOL", [True], False),
        ("sgd", "STRING", ["sgd"], False),
        (None, "STRING", ["None"], False),
        ([1, 2.5], "FLOAT64", [1.0, 2.5], True),
        ([True, 2], "STRING", ["True", "2"], True),
        ([1.0, math.inf], "STRING", ["1.0", "inf"], True),
        (np.float32(0.5), "FLOAT64", [0.5], False),
        (SimpleNamespace(categories=("sgd", "adam")), "STRING", ["sgd", "adam"], True),
        ({"grid_search": [False, True]}, "BOOL", [False, True], True),
        (math.sqrt, "UNSET", [], True),
    ],
)
def test_domain_of_values(domain, kind, discrete, differs):
    info = event_files.hparam_info("x", domain)
    assert api_pb2.DataType.Name(info.type) == f"DATA_TYPE_{kind}"
    assert list(info.domain_discrete) == discrete
    assert info.differs is differs


def test_domain_of_an_interval():
    info = event_files.hparam_info("x", SimpleNamespace(lower=1, upper=8))
    assert (info.domain_interval.min_value, info.domain_interval.max_value) == (1.0, 8.0)
    assert info.differs


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        (np.bool_(False), False),
        (3, 3.0),
        (np.float32(0.5), 0.5),
        (math.nan, "nan"),
        (None, "None"),
        ("48 48", "48 48"),
    ],
)
def test_value_keeps_its_type_or_becomes_text(value, expected):
    target = Value()
    event_files.set_value(target, value)
    assert getattr(target, target.WhichOneof("kind")) == expected
