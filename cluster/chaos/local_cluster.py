"""Ray clusters of several nodes on one machine, to be broken, and cleared away whatever comes.

Every node is a `ray start --block` of its own, as on machines of their own: it ends when a part of
it is killed, and nothing of a node outlives it for long. Ports, folder, home and token are the
cluster's own, so other Ray clusters of the machine are left alone.
"""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from cluster.chaos.sandbox import HOME, end_all, processes

STORE_BYTES = 80 * 2**20
"""Of shared memory a node: trials put nothing there."""

UP = "Ray runtime started"
START_S = 90.0
STEP_S = 0.05


@dataclass(frozen=True)
class Node:
    """One `ray start`.

    Attributes:
        process: it.
        log: what it says.
    """

    process: "subprocess.Popen[bytes]"
    log: Path

    def part(self, name: str) -> psutil.Process:
        """One of its processes, e.g. "raylet" or "gcs_server".

        Raises:
            LookupError: if there is none of that name.
        """
        parts = psutil.Process(self.process.pid).children(recursive=True)
        for part in parts:
            with contextlib.suppress(psutil.Error):
                if part.name() == name:
                    return part
        raise LookupError(f"{name} is not among {[part.name() for part in parts]}")

    def kill(self) -> None:
        """All of it at once, as when the power fails."""
        with contextlib.suppress(psutil.Error):
            root = psutil.Process(self.process.pid)
            for one in [*root.children(recursive=True), root]:
                with contextlib.suppress(psutil.Error):
                    one.kill()
        self.process.wait()

    def leave(self) -> None:
        """Tell it to end, as a machine that is shut down does; it says goodbye to the others."""
        self.part("raylet").send_signal(signal.SIGTERM)


@dataclass
class LocalCluster:
    """A cluster; enter it to have it, leave it to be rid of it.

    Attributes:
        folder: local; below it stand logs, and what its processes are known by.
        cpus: of the head.
        gpus: declared on the head, whether or not there are any.
        dashboard: whether jobs can be submitted.
        ip: of the head; this machine's own if empty.
        environment: of every process.
        nodes: so far, the head first.
    """

    folder: Path
    cpus: int = 0
    gpus: int = 0
    dashboard: bool = False
    ip: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        # The names of Ray's sockets must be short: the folder may stand too deep for them.
        self._home = Path(tempfile.mkdtemp(prefix="cluster-"))
        self._token = self._home / "token"
        handle = os.open(self._token, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w") as stream:
            stream.write(secrets.token_hex(32))
        self.ip = self.ip or _own_address()
        self._port, self._dashboard, self._client = _free_ports(self.ip, 3)
        try:
            self._settle([self._start(*self._as_head(), *_shares(self.cpus, self.gpus))])
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for node in reversed(self.nodes):
            node.kill()
        until = time.monotonic() + 10
        while processes(self._home) and time.monotonic() < until:
            end_all(self._home)
            time.sleep(STEP_S)
        shutil.rmtree(self._home, ignore_errors=True)

    @property
    def head(self) -> Node:
        """The node with the GCS."""
        return self.nodes[0]

    @property
    def address(self) -> str:
        """For drivers."""
        return f"{self.ip}:{self._port}"

    @property
    def jobs(self) -> str:
        """For those who submit jobs; only with a dashboard."""
        return f"http://{self.ip}:{self._dashboard}"

    @property
    def environ(self) -> dict[str, str]:
        """What a process needs besides the address to join."""
        return {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN_PATH": str(self._token),
            "RAY_USAGE_STATS_ENABLED": "0",
            **self.environment,
        }

    def add(self, count: int = 1, cpus: int = 1, gpus: int = 0, inside: Sequence[str] = ()) -> Node:
        """Add nodes, all of one kind; gives the last when all of them have joined.

        Args:
            count: of nodes.
            cpus: of each.
            gpus: declared on each.
            inside: words before its command, for another network or another view of files.
        """
        words = ["--address", self.address, *_shares(cpus, gpus)]
        self._settle([self._start(*words, inside=inside) for _ in range(count)])
        return self.nodes[-1]

    def of(self, process: int) -> Node | None:
        """The node to which a process belongs; None for one that is gone."""
        try:
            above = {parent.pid for parent in psutil.Process(process).parents()}
        except psutil.Error:
            return None
        return next((node for node in self.nodes if node.process.pid in above), None)

    def _as_head(self) -> list[str]:
        words = ["--head", "--port", str(self._port), "--node-ip-address", self.ip]
        words += ["--ray-client-server-port", str(self._client)]
        words += ["--include-dashboard", str(self.dashboard).lower()]
        return [*words, "--dashboard-host", self.ip, "--dashboard-port", str(self._dashboard)]

    def _start(self, *words: str, inside: Sequence[str] = ()) -> Node:
        command = [*inside, sys.executable, "-m", "ray.scripts.scripts", "start", "--block"]
        command += ["--disable-usage-stats", "--object-store-memory", str(STORE_BYTES)]
        # Several nodes share this machine's ports: the system gives out those of the workers.
        command += ["--min-worker-port", "0", "--max-worker-port", "0"]
        (port,) = _free_ports(self.ip, 1)
        command += ["--dashboard-agent-listen-port", str(port)]
        # Nodes that begin at the same moment would take the same names for their sockets.
        command += ["--temp-dir", str(self._home / str(len(self.nodes))), *words]
        log = self.folder / f"node-{len(self.nodes)}"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=self.environ_of_nodes(),
                start_new_session=True,
            )
        self.nodes.append(Node(process, log))
        return self.nodes[-1]

    def environ_of_nodes(self) -> dict[str, str]:
        """Of everything that is started here; nothing of the user's own Ray is in it."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("RAY_")}
        mark = {HOME: str(self._home), "HOME": str(self._home)}
        return {**kept, **mark, "OMP_NUM_THREADS": "1", **self.environ}

    def _settle(self, nodes: Sequence[Node]) -> None:
        until = time.monotonic() + START_S
        for node in nodes:
            while UP not in node.log.read_text(errors="replace"):
                if node.process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"no node: {node.log.read_text(errors='replace')[-2000:]}")
                time.sleep(STEP_S)


def _shares(cpus: int, gpus: int) -> list[str]:
    return ["--num-cpus", str(cpus), "--num-gpus", str(gpus)]


def _own_address() -> str:
    # No packet is sent: the system only says from where it would be.
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe,
        contextlib.suppress(OSError),
    ):
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])
    return "127.0.0.1"


def _free_ports(ip: str, count: int) -> list[int]:
    with contextlib.ExitStack() as stack:  # all held at once: else one may be given out twice
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((ip, 0))
        return [int(probe.getsockname()[1]) for probe in probes]
