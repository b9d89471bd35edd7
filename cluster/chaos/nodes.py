"""Faults of a cluster's machines: one dies, leaves, joins or is cut off, or the head is gone."""

import time
from collections.abc import Iterable
from pathlib import Path

from cluster.chaos.comparison import outcome
from cluster.chaos.local_cluster import LocalCluster, Node
from cluster.chaos.network_link import NetworkLink
from cluster.chaos.outcome import Outcome, wrong_exit
from cluster.chaos.sandbox import Sandbox
from orchestrator.process.exit_code import DONE, FAILED

CUT_S = 70.0
"""How long a machine is cut off: longer than Ray waits before it gives a silent machine up."""

EPOCHS_BEFORE = 4
"""Epochs that are done before a fault is injected."""


def sweep_on(
    cluster: LocalCluster, folder: Path, slots: int, epoch_seconds: float = 0.25
) -> Sandbox:
    """A sweep to be run on a cluster; nobody is stopped early, so the order does not matter."""
    return Sandbox(
        folder,
        trials=6,
        grace=0,
        slots=slots,
        epoch_seconds=epoch_seconds,
        words=("--address", cluster.address),
        environment=cluster.environ,
    )


def moved(sandbox: Sandbox, cluster: LocalCluster) -> None:
    """Let the sweep go on on another cluster."""
    sandbox.words = ("--address", cluster.address)
    sandbox.environment = cluster.environ


def worker_killed(folder: Path) -> Outcome:
    """A worker's raylet is killed while a trial runs there."""
    with LocalCluster(folder / "cluster") as cluster:
        cluster.add(2)
        sandbox = sweep_on(cluster, folder, slots=2)
        driver = sandbox.begin()
        node = _with_work(sandbox, cluster)
        injected_at = time.time()
        node.part("raylet").kill()
        wrong = wrong_exit(driver.wait(180), DONE)
    return _after_a_lost_node(sandbox, injected_at, wrong)


def worker_replaced(folder: Path) -> Outcome:
    """The only worker leaves as one that is shut down does, after another has joined."""
    with LocalCluster(folder / "cluster") as cluster:
        old = cluster.add()
        sandbox = sweep_on(cluster, folder, slots=1)
        driver = sandbox.begin()
        _with_work(sandbox, cluster)
        new = cluster.add()
        injected_at = time.time()
        old.leave()
        sandbox.wait(lambda: any(at > injected_at + 3 for *_, at in sandbox.started_epochs()))
        wrong = (
            []
            if cluster.of(sandbox.started_epochs()[-1][2]) is new
            else ["no trial runs on the new node"]
        )
        wrong += wrong_exit(driver.wait(180), DONE)
    return _after_a_lost_node(sandbox, injected_at, wrong)


def head_killed(folder: Path) -> Outcome:
    """The head's GCS is killed; the driver ends with a sentence and goes on elsewhere."""
    with LocalCluster(folder / "cluster") as cluster:
        cluster.add(2)
        sandbox = sweep_on(cluster, folder, slots=2, epoch_seconds=1.5)
        driver = sandbox.begin()
        _with_work(sandbox, cluster)
        began = time.monotonic()
        cluster.head.part("gcs_server").kill()
        wrong = wrong_exit(driver.wait(180), FAILED)
        took = time.monotonic() - began
    message = sandbox.line("has not answered")
    wrong += (
        [] if message and "--resume" in sandbox.stderr else [f"it said: {sandbox.stderr[-300:]}"]
    )
    return _gone_on(sandbox, folder, took, wrong, message)


def machine_killed(folder: Path) -> Outcome:
    """The driver's machine is gone, the head and the driver with it."""
    with LocalCluster(folder / "cluster", cpus=1) as cluster:
        cluster.add()
        sandbox = sweep_on(cluster, folder, slots=2)
        driver = sandbox.begin()
        _with_work(sandbox, cluster)
        cluster.head.kill()
        sandbox.kill(driver)
    return _gone_on(sandbox, folder, None, [], "")


def _gone_on(
    sandbox: Sandbox, folder: Path, took: float | None, wrong: Iterable[str], message: str
) -> Outcome:
    """Go on on a new cluster, and compare."""
    with LocalCluster(folder / "another") as another:
        another.add(2)
        moved(sandbox, another)
        wrong = [*wrong, *wrong_exit(sandbox.run(), DONE)]
    return outcome(sandbox, wrong, took, message=message)


def worker_cut_off(folder: Path) -> Outcome:
    """A worker is cut off the network while a trial runs there, and comes back later."""
    with NetworkLink() as link, LocalCluster(folder / "cluster", cpus=1, ip=link.here) as cluster:
        far = cluster.add(inside=link.inside)
        sandbox = sweep_on(cluster, folder, slots=2)
        driver = sandbox.begin()
        _with_work(sandbox, cluster, far)
        injected_at = time.time()
        link.cut()
        sandbox.wait(
            lambda: (
                sandbox.seconds_to_notice(injected_at) is not None
                and time.time() > injected_at + CUT_S
            ),
            240,
        )
        link.restore()
        wrong = wrong_exit(driver.wait(180), DONE)
    return _after_a_lost_node(sandbox, injected_at, wrong)


def _with_work(sandbox: Sandbox, cluster: LocalCluster, wanted: Node | None = None) -> Node:
    """Waits until a trial on a worker is some epochs far; gives that worker."""
    nodes: list[Node] = []

    def trains() -> bool:
        rows = [row for row in sandbox.finished_epochs() if row[1] >= EPOCHS_BEFORE]
        at_work = [cluster.of(pid) for _, _, pid, _ in rows]
        nodes[:] = [n for n in at_work if n in cluster.nodes[1:] and wanted in (None, n)][:1]
        return bool(nodes)

    sandbox.wait(trains)
    return nodes[0]


def _after_a_lost_node(sandbox: Sandbox, injected_at: float, wrong: Iterable[str]) -> Outcome:
    causes = {event["cause"] for event in sandbox.events("died")}
    wrong = [*wrong, *([] if causes == {"node"} else [f"died of {sorted(causes)}"])]
    message = sandbox.line("machine was lost")
    return outcome(sandbox, wrong, sandbox.seconds_to_notice(injected_at), message=message)
