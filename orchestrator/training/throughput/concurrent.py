"""How fast some processes train at the same time on one device: each is a process of its own."""

import contextlib
import json
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import IO, Any

from orchestrator.process.backend import jax_memory
from orchestrator.process.surroundings import own_packages
from orchestrator.process.terminal import ESCAPED

CHILD = tuple(own_packages.child("orchestrator.training.throughput.child"))

PATIENCE_S = 300.0
"""For all processes to compile and be measured; then they are ended."""


@dataclass(frozen=True)
class Load:
    """What each of the processes trains.

    Attributes:
        config: of a trial, flat.
        training: number of training images.
        validation: number of validation images, predicted after each epoch.
        side: h and w of an image in pixels.
        classes: k.
        backend: that trains.
        environment: more variables of the processes.
    """

    config: Mapping[str, Any]
    training: int
    validation: int
    side: int
    classes: int
    backend: str
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Concurrent:
    """What some processes reached together.

    Attributes:
        processes: how many.
        images_per_second: training images, of all of them.
        loading_seconds: of the imports before the first epoch, of the slowest process.
        first_epoch_seconds: of the first epoch, compiling included, likewise.
        device: name of the GPU; None on a CPU.
        failure: why nothing was measured; "" where it was.
    """

    processes: int
    images_per_second: float = 0.0
    loading_seconds: float = 0.0
    first_epoch_seconds: float = 0.0
    device: str | None = None
    failure: str = ""


class _Failed(Exception):
    pass


@dataclass
class _Process:
    process: "subprocess.Popen[str]"
    errors: IO[str]

    def tell(self, line: str) -> None:
        if self.process.stdin is None:
            raise _Failed("it has no standard input")
        with contextlib.suppress(BrokenPipeError):  # `answer` says what became of it
            print(line, file=self.process.stdin, flush=True)

    def answer(self) -> dict[str, Any]:
        """Its next line.

        Raises:
            _Failed: where it has ended instead.
        """
        line = self.process.stdout.readline() if self.process.stdout else ""
        if line:
            return dict(json.loads(line))
        code = self.process.wait()
        self.errors.seek(0)
        words = self.errors.read().strip().splitlines()
        raise _Failed(words[-1] if words else f"exit code {code}")


def measure(load: Load, processes: int, seconds: float) -> Concurrent:
    """Train the same in some processes at once; the clock runs when all have compiled.

    Memory of a GPU is shared out evenly. Where one of them fails, e.g. for want of memory, nothing
    is measured.

    Args:
        load: of each.
        processes: how many.
        seconds: of training; each ends the epoch that it is in.
    """
    try:
        with _started(load, processes) as children:
            ready = [child.answer() for child in children]
            for child in children:
                child.tell(str(seconds))
            rates = [a["images"] / a["seconds"] for a in (child.answer() for child in children)]
    except _Failed as failure:
        return Concurrent(processes, failure=str(failure))
    return Concurrent(
        processes,
        images_per_second=sum(rates),
        loading_seconds=max(answer["loading_seconds"] for answer in ready),
        first_epoch_seconds=max(answer["first_epoch_seconds"] for answer in ready),
        device=ready[0]["device"],
    )


@contextlib.contextmanager
def _started(load: Load, count: int) -> Iterator[list[_Process]]:
    """The processes at work; none is left behind."""
    facts = asdict(load)
    memory = {**jax_memory(1 / count), "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
    environment = own_packages.child_environment() | memory | facts.pop("environment")
    with contextlib.ExitStack() as open_ones:
        children: list[_Process] = []
        for _ in range(count):
            errors = open_ones.enter_context(tempfile.TemporaryFile("w+", errors=ESCAPED))
            process = open_ones.enter_context(
                subprocess.Popen(
                    CHILD,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    text=True,
                    env=environment,
                )
            )
            open_ones.callback(process.kill)
            children.append(_Process(process, errors))
        alarm = threading.Timer(PATIENCE_S, _end, [children])
        open_ones.callback(alarm.cancel)
        alarm.daemon = True
        alarm.start()
        for child in children:
            child.tell(json.dumps(facts))
        yield children


def _end(children: Iterable[_Process]) -> None:
    for child in children:
        child.process.kill()
