"""Faults of a cluster's machines: one dies, leaves, joins or is cut off, or the head is gone."""

import time
from collections.abc import Iterable
from pathlib import Path

from cluster.chaos.local_cluster import LocalCluster, Node
from cluster.chaos.network import Wire
from cluster.chaos.outcome import Observed
from cluster.chaos.sandbox import Sandbox, differences
from orchestrator.process.exit_code import DONE, FAILED

CUT_S = 70.0
"""How long a machine is cut off: longer than Ray waits before it gives a silent machine up."""

STRUCK_AT = 4
"""Epochs that are done before a blow."""


def on(ground: LocalCluster, folder: Path, slots: int, epoch_seconds: float = 0.25) -> Sandbox:
    """A sweep to be run on a cluster; nobody is stopped early, so the order does not matter."""
    return Sandbox(
        folder,
        trials=6,
        grace=0,
        slots=slots,
        epoch_seconds=epoch_seconds,
        words=("--address", ground.address),
        environment=ground.environ,
    )


def moved(sandbox: Sandbox, ground: LocalCluster) -> None:
    """Let the sweep go on on another cluster."""
    sandbox.words = ("--address", ground.address)
    sandbox.environment = ground.environ


def worker_killed(folder: Path) -> Observed:
    """A worker's raylet is killed while a trial runs there."""
    with LocalCluster(folder / "ground") as ground:
        ground.add(2)
        sandbox = on(ground, folder, slots=2)
        driver = sandbox.begin()
        node = _with_work(sandbox, ground)
        blow = time.time()
        node.part("raylet").kill()
        wrong = ends(driver.wait(180), DONE)
    return _observed(sandbox, blow, wrong, causes={"node"})


def worker_replaced(folder: Path) -> Observed:
    """The only worker leaves as one that is shut down does, after another has joined."""
    with LocalCluster(folder / "ground") as ground:
        old = ground.add()
        sandbox = on(ground, folder, slots=1)
        driver = sandbox.begin()
        _with_work(sandbox, ground)
        new = ground.add()
        blow = time.time()
        old.leave()
        sandbox.wait(lambda: any(at > blow + 3 for *_, at in sandbox.begun()))
        wrong = (
            [] if ground.of(sandbox.begun()[-1][2]) is new else ["no trial runs on the new node"]
        )
        wrong += ends(driver.wait(180), DONE)
    return _observed(sandbox, blow, wrong, causes={"node"})


def head_killed(folder: Path) -> Observed:
    """The head's GCS is killed; the driver ends with a sentence and goes on elsewhere."""
    with LocalCluster(folder / "ground") as ground:
        ground.add(2)
        sandbox = on(ground, folder, slots=2, epoch_seconds=1.5)
        driver = sandbox.begin()
        _with_work(sandbox, ground)
        began = time.monotonic()
        ground.head.part("gcs_server").kill()
        wrong = ends(driver.wait(180), FAILED)
        took = time.monotonic() - began
    said = next((line for line in sandbox.said.splitlines() if "has not answered" in line), "")
    wrong += [] if said and "--resume" in sandbox.said else [f"it said: {sandbox.said[-300:]}"]
    return _gone_on(sandbox, folder, took, wrong, said)


def machine_killed(folder: Path) -> Observed:
    """The driver's machine is gone, the head and the driver with it."""
    with LocalCluster(folder / "ground", cpus=1) as ground:
        ground.add()
        sandbox = on(ground, folder, slots=2)
        driver = sandbox.begin()
        _with_work(sandbox, ground)
        ground.head.kill()
        sandbox.kill(driver)
    return _gone_on(sandbox, folder, None, [], "")


def _gone_on(
    sandbox: Sandbox, folder: Path, took: float | None, wrong: Iterable[str], said: str
) -> Observed:
    """Go on on a new cluster, and compare."""
    with LocalCluster(folder / "another") as another:
        another.add(2)
        moved(sandbox, another)
        wrong = [*wrong, *ends(sandbox.run(), DONE)]
    return Observed(took, sandbox.twice(), (*wrong, *differences(sandbox)), said=said)


def worker_cut_off(folder: Path) -> Observed:
    """A worker is cut off the network while a trial runs there, and comes back later."""
    with Wire() as wire, LocalCluster(folder / "ground", cpus=1, ip=wire.here) as ground:
        far = ground.add(inside=wire.inside)
        sandbox = on(ground, folder, slots=2)
        driver = sandbox.begin()
        _with_work(sandbox, ground, far)
        blow = time.time()
        wire.cut()
        sandbox.wait(lambda: sandbox.noticed(blow) is not None and time.time() > blow + CUT_S, 240)
        wire.mend()
        wrong = ends(driver.wait(180), DONE)
    return _observed(sandbox, blow, wrong, causes={"node"})


def _with_work(sandbox: Sandbox, ground: LocalCluster, wanted: Node | None = None) -> Node:
    """Waits until a trial on a worker is some epochs far; gives that worker."""
    found: list[Node] = []

    def so() -> bool:
        lines = [line for line in sandbox.done() if line[1] >= STRUCK_AT]
        nodes = [ground.of(pid) for _, _, pid, _ in lines]
        found[:] = [n for n in nodes if n in ground.nodes[1:] and wanted in (None, n)][:1]
        return bool(found)

    sandbox.wait(so)
    return found[0]


def _observed(
    sandbox: Sandbox, blow: float, wrong: Iterable[str], causes: Iterable[str] = ()
) -> Observed:
    told = {event["cause"] for event in sandbox.events("died")}
    wrong = [*wrong, *([] if told == set(causes) else [f"died of {sorted(told)}"])]
    said = next((line for line in sandbox.said.splitlines() if "machine was lost" in line), "")
    return Observed(
        sandbox.noticed(blow), sandbox.twice(), (*wrong, *differences(sandbox)), said=said
    )


def ends(code: int, expected: int) -> list[str]:
    """What is wrong with how a driver ended."""
    return [] if code == expected else [f"a driver ended with {code}, expected {expected}"]
