"""TensorBoard's event files: the records, and the messages in them.

The messages are protocol buffers: tensorboardX' for events, TensorBoard's own for its HParams page,
since tensorboardX' lack `differs`; importing either loads no TensorFlow. The record around each is
TensorFlow's TFRecord: length, its checksum, content, its checksum.

No file stays open between two calls and nothing is buffered: each call appends whole records and
closes the file. So 10,000 trials need no file descriptors and no threads, and a kill leaves at most
one unfinished record at a file's end, which TensorBoard ignores.
"""

import math
import os
import struct
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.custom_scalar.metadata import CONFIG_SUMMARY_TAG
from tensorboard.plugins.hparams import api_pb2
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
from tensorboardX.proto.event_pb2 import Event, SessionLog
from tensorboardX.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboardX.proto.tensor_pb2 import TensorProto
from tensorboardX.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboardX.proto.types_pb2 import DT_FLOAT, DT_STRING
from tensorboardX.record_writer import masked_crc32c


def of(folder: Path) -> list[Path]:
    """The event files of a run, oldest first."""
    return sorted(folder.glob("events.out.tfevents.*"))


def new(folder: Path) -> Path:
    """A name for the next event file of a run; `append` makes it.

    TensorBoard reads a run's files in order of their names, so names are in order of time.
    """
    return folder / f"events.out.tfevents.{time.time_ns()}.{os.getpid()}"


def append(file: Path, *events: Event) -> None:
    """Adds events to a file, which is made, with its folder, if absent."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        events = (Event(wall_time=time.time(), file_version="brain.Event:2"), *events)
    content = b"".join(_record(event.SerializeToString()) for event in events)
    with file.open("ab", buffering=0) as stream:
        stream.write(content)  # one call, so that a kill can hardly find it half done


def event(*values: Summary.Value, step: int = 0) -> Event:
    """What happened at a step, now."""
    return Event(wall_time=time.time(), step=step, summary=Summary(value=values))


def restart(step: int) -> Event:
    """Makes TensorBoard forget a run's points from this step on.

    The first of a run only says that it begins: without that one, the second would do nothing.
    """
    log = SessionLog(status=SessionLog.START)
    return Event(wall_time=time.time(), step=step, session_log=log)


def scalar(tag: str, value: float) -> Summary.Value:
    """A point of a curve."""
    return Summary.Value(tag=tag, simple_value=float(value))


def text(tag: str, markdown: str) -> Summary.Value:
    """A text for TensorBoard's text page."""
    tensor = TensorProto(dtype=DT_STRING, string_val=[markdown.encode(errors="replace")])
    return Summary.Value(tag=tag, metadata=_metadata("text"), tensor=tensor)


def charts(tags: Mapping[str, str]) -> Summary.Value:
    """What the page of custom scalars shows.

    Args:
        tags: title of a chart -> the tags in it, a regular expression.
    """
    category = layout_pb2.Category(title="training and validation")
    for title, pattern in tags.items():
        content = layout_pb2.MultilineChartContent(tag=[pattern])
        category.chart.add(title=title, multiline=content)
    layout = layout_pb2.Layout(category=[category])
    return Summary.Value(
        tag=CONFIG_SUMMARY_TAG,
        metadata=_metadata("custom_scalars"),
        tensor=TensorProto(dtype=DT_STRING, string_val=[layout.SerializeToString()]),
    )


def hparams(tag: str, data: HParamsPluginData) -> Summary.Value:
    """A message for the HParams page; it travels as metadata of an empty tensor."""
    shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=0)])
    return Summary.Value(
        tag=tag,
        metadata=_metadata("hparams", data.SerializeToString()),
        tensor=TensorProto(dtype=DT_FLOAT, tensor_shape=shape),
    )


def hparam_info(name: str, domain: Any) -> api_pb2.HParamInfo:
    """A column of the HParams table; for `domain` see `TensorBoardRuns.start_sweep`.

    What differs between trials is said to: TensorBoard shows such columns first.
    """
    if hasattr(domain, "lower") and hasattr(domain, "upper") and not isinstance(domain, str):
        info = api_pb2.HParamInfo(name=name, type=api_pb2.DATA_TYPE_FLOAT64, differs=True)
        info.domain_interval.min_value = float(domain.lower)
        info.domain_interval.max_value = float(domain.upper)
        return info
    values = _values(domain)
    info = api_pb2.HParamInfo(name=name, type=_type(values), differs=len(values) != 1)
    for value in values:
        shown = str(value) if info.type == api_pb2.DATA_TYPE_STRING else value
        set_value(info.domain_discrete.values.add(), shown)
    return info


def set_value(target: Any, value: Any) -> None:
    """Fills a protocol buffer's Value with a truth value, a finite number or, else, a text."""
    if isinstance(value, (bool, np.bool_)):
        target.bool_value = bool(value)
    elif _is_number(value):
        target.number_value = float(value)
    else:
        target.string_value = str(value)


def _values(domain: Any) -> list[Any]:
    if isinstance(domain, Mapping) and "grid_search" in domain:
        return list(domain["grid_search"])
    if hasattr(domain, "categories"):
        return list(domain.categories)
    if isinstance(domain, Sequence) and not isinstance(domain, str):
        return list(domain)
    if domain is None or isinstance(domain, (str, bool, int, float, np.generic)):
        return [domain]
    return []  # e.g. a function that draws values: which ones, nobody knows


def _type(values: Sequence[Any]) -> int:
    if not values:
        return int(api_pb2.DATA_TYPE_UNSET)
    if all(isinstance(value, (bool, np.bool_)) for value in values):
        return int(api_pb2.DATA_TYPE_BOOL)
    if all(_is_number(value) for value in values):
        return int(api_pb2.DATA_TYPE_FLOAT64)
    return int(api_pb2.DATA_TYPE_STRING)


def _is_number(value: Any) -> bool:
    real = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    return real and math.isfinite(value)


def _metadata(plugin: str, content: bytes = b"") -> SummaryMetadata:
    data = SummaryMetadata.PluginData(plugin_name=plugin, content=content)
    return SummaryMetadata(plugin_data=data)


def _record(content: bytes) -> bytes:
    length = struct.pack("<Q", len(content))
    head = length + struct.pack("<I", masked_crc32c(length))
    return head + content + struct.pack("<I", masked_crc32c(content))
