"""What TensorBoard makes of event files, for tests."""

from pathlib import Path
from types import SimpleNamespace

from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.plugin_event_accumulator import (
    EventAccumulator as PluginEventAccumulator,
)
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.hparams import api_pb2, backend_context
from tensorboard.plugins.hparams.list_session_groups import Handler

from orchestrator.monitor.tensorboard import (
    TAGS,
)

SPACE = {
    "architecture": ["cnn5", "CPCPCPFFF"],
    "learning_rate": SimpleNamespace(lower=1e-4, upper=1e-1),
    "batch_normalisation": SimpleNamespace(categories=[True, False]),
    "dropout": {"grid_search": [0.0, 0.3]},
    "seed": 0,
    "weights": ["none", 3],
    "width": lambda config: 2.0,
}
CONFIG = {"architecture": "cnn5", "learning_rate": 0.01, "batch_normalisation": True, "seed": 0}


def row(epoch: int, **changed: float | None) -> dict[str, float | int | None]:
    """An epoch in which every number is its hundredth, except for those given."""
    values: dict[str, float | int | None] = dict.fromkeys(TAGS, epoch / 100)
    return {"epoch": epoch, **values, **changed}


def read(folder: Path) -> EventAccumulator:
    """A run, as the first of TensorBoard's two readers has it."""
    return EventAccumulator(str(folder), size_guidance={"tensors": 0, "images": 0}).Reload()


def curve(folder: Path, tag: str) -> list[tuple[int, float]]:
    """(step, value), read in both of the ways that TensorBoard has."""
    points = [(point.step, round(point.value, 6)) for point in read(folder).Scalars(tag)]
    served = PluginEventAccumulator(str(folder)).Reload().Tensors(tag)
    assert [point.step for point in served] == [step for step, _ in points]
    return points


def texts(folder: Path, tag: str) -> list[str]:
    """All texts of a tag."""
    return [e.tensor_proto.string_val[0].decode() for e in read(folder).Tensors(tag)]


def hparams_backend(folder: Path) -> tuple[RequestContext, backend_context.Context]:
    """What the HParams page asks, of a log directory."""
    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(folder))
    multiplexer.Reload()
    provider = MultiplexerDataProvider(multiplexer, str(folder))
    context = TBContext(logdir=str(folder), multiplexer=multiplexer, data_provider=provider)
    return RequestContext(), backend_context.Context(context)


def sessions(folder: Path) -> dict[str, api_pb2.SessionGroup]:
    """The rows of TensorBoard's own HParams table, by run."""
    request = api_pb2.ListSessionGroupsRequest(
        start_index=0, slice_size=1000, allowed_statuses=api_pb2.Status.values()
    )
    response = Handler(*hparams_backend(folder), "", request).run()
    return {group.name: group for group in response.session_groups}


def numbers(group: api_pb2.SessionGroup) -> dict[str, float]:
    """Metric -> value, of a row of the HParams table."""
    return {value.name.tag: value.value for value in group.metric_values}


def status(group: api_pb2.SessionGroup) -> str:
    """The status that the HParams page gives a row."""
    return api_pb2.Status.Name(group.sessions[0].status).removeprefix("STATUS_")
