"""Sweeps on simulated clusters: all nodes are used, and no GPU gives more than it has."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from cluster.chaos.comparison import differences, inconsistencies
from cluster.chaos.fake_training import TrialFault, right
from cluster.chaos.kill_points import KILL_POINTS
from cluster.chaos.local_cluster import LocalCluster
from cluster.chaos.sandbox import Sandbox

pytestmark = [pytest.mark.ray, pytest.mark.faults]


@pytest.fixture
def folder(tmp_path_factory, request) -> Path:
    """Of one sweep; those of a session stand side by side and share the run left alone."""
    return tmp_path_factory.getbasetemp() / "clusters" / request.node.name


def on(cluster: LocalCluster, folder: Path, **settings) -> Sandbox:
    """A sweep that asks for more at once than there is; nobody is stopped early, nobody waits."""
    usual = {"trials": 6, "epochs": 9, "grace": 0, "slots": 16, "epoch_seconds": 0.2}
    settings = usual | {"scheduler": "asha"} | settings
    words = ("--address", cluster.address, *settings.pop("words", ()))
    return Sandbox(folder, words=words, environment=cluster.environ, **settings)


def shares(sandbox: Sandbox) -> list[dict]:
    """What the processes of trials were given and saw of GPUs, in the order of the trials."""
    file = sandbox.trace / "shares"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    return sorted(rows, key=lambda one: one["seed"])


def spans(sandbox: Sandbox) -> dict[int, tuple[float, float]]:
    """Seed -> when its first epoch began and when its last was done."""
    began, ended = {}, {}
    for seed, _, _, at in sandbox.started_epochs():
        began.setdefault(seed, at)
    for seed, _, _, at in sandbox.finished_epochs():
        ended[seed] = at
    return {seed: (began[seed], ended[seed]) for seed in ended}


def most_at_once(spans: list[tuple[float, float]]) -> int:
    """Of spans of time, how many overlap at most; one that ends as another begins does not."""
    steps = sorted([(b, 1) for b, _ in spans] + [(e, -1) for _, e in spans])
    now = most = 0
    for _, step in steps:
        now += step
        most = max(most, now)
    return most


def sweep(cluster: LocalCluster, sandbox: Sandbox) -> set[int]:
    """Run it to its end; gives the numbers of the nodes on which trials ran."""
    driver, seen = sandbox.begin(), {}
    while driver.poll() is None:
        nodes_that_train(cluster, sandbox, seen)
        time.sleep(0.05)
    assert driver.returncode == 0, sandbox.stderr
    return set(seen.values())


def nodes_that_train(cluster: LocalCluster, sandbox: Sandbox, seen: dict[int, int]) -> set[int]:
    """Their numbers, so far; `seen` keeps process -> node, as a process that is gone has none."""
    for _, _, pid, _ in sandbox.finished_epochs():
        if pid not in seen and (node := cluster.of(pid)):
            seen[pid] = cluster.nodes.index(node)
    return set(seen.values())


def test_overlapping_spans_are_counted():
    assert most_at_once([(0, 2), (1, 3), (2, 4)]) == 2
    assert most_at_once([]) == 0


def test_two_nodes_a_killed_driver_and_dead_processes_leave_the_rows_of_the_script(folder):
    faults, seen = (TrialFault(2, 1, "die"), TrialFault(7, 1, "die")), {}
    with LocalCluster(folder / "cluster", cpus=1) as cluster:
        cluster.add()
        sandbox = on(cluster, folder, trials=8, grace=1, slots=2, crew=2, trial_faults=faults)
        driver = sandbox.begin()
        sandbox.wait(lambda: nodes_that_train(cluster, sandbox, seen) == {0, 1})
        assert KILL_POINTS["inside a checkpoint's write"](sandbox, driver, Random(1))
        sandbox.kill(driver)
        before = len(sandbox.finished_epochs())
        sweep(cluster, sandbox)
    assert before < len(sandbox.finished_epochs())
    assert None not in [sandbox.injected_at(fault) for fault in faults]
    assert most_at_once(list(spans(sandbox).values())) == 2
    assert sandbox.repeated_epochs() <= 3  # of the dead process, and of both that the driver had

    trials, epochs = sandbox.tables()
    assert sorted(trials["seed"]) == list(range(8))
    assert set(trials["status"]) == {"completed", "pruned"}
    for trial, seed, last in trials[["trial", "seed", "epochs_trained"]].itertuples(index=False):
        rows = epochs[epochs["trial"] == trial]
        assert rows["epoch"].tolist() == list(range(1, last + 1))
        expected = [right(seed, epoch, 42) / 42 for epoch in rows["epoch"]]
        assert rows["validation_accuracy"].tolist() == pytest.approx(expected)
    assert inconsistencies(sandbox) == []  # each rung's decision follows from the rows before it


@pytest.mark.slow
@pytest.mark.parametrize("nodes", [2, 4, 8])
def test_every_node_trains_and_the_table_is_that_of_one(nodes, folder):
    with LocalCluster(folder / "cluster") as cluster:
        cluster.add(nodes)
        sandbox = on(cluster, folder, trials=2 * nodes, epoch_seconds=0.1 * nodes, crew=nodes)
        assert sweep(cluster, sandbox) == set(range(1, nodes + 1))  # the head has no CPU to give
    assert most_at_once(list(spans(sandbox).values())) == nodes
    assert differences(sandbox) == ()
    assert sandbox.repeated_epochs() == 0


@pytest.fixture(scope="module")
def two_gpus(tmp_path_factory) -> Iterator[LocalCluster]:
    """Two GPUs as far as Ray knows, and more CPUs than trials can use."""
    with LocalCluster(tmp_path_factory.mktemp("two-gpus"), cpus=16, gpus=2) as cluster:
        yield cluster


@pytest.mark.slow
@pytest.mark.parametrize(("share", "at_once"), [("0.25", 4), ("0.5", 2), ("1", 1)])
def test_no_gpu_has_more_trials_than_fit(two_gpus, folder, share, at_once):
    sandbox = on(
        two_gpus, folder, trials=4 * at_once, words=("--gpus-per-trial", share), epoch_seconds=0.4
    )
    sweep(two_gpus, sandbox)
    rows = shares(sandbox)
    assert [one["seed"] for one in rows] == list(range(4 * at_once))
    for one in rows:  # its share, and nobody else's
        assert len(one["given"]) == 1
        assert one["seen"] == one["given"][0]
    when = spans(sandbox)
    crowds = {
        gpu: most_at_once([when[one["seed"]] for one in rows if one["given"] == [gpu]])
        for gpu in ("0", "1")
    }
    assert crowds == {"0": at_once, "1": at_once}
    assert differences(sandbox) == ()


@pytest.mark.slow
def test_a_dead_trials_share_is_given_back(two_gpus, folder):
    trial_faults = tuple(TrialFault(seed, 3, "die") for seed in range(4))
    words = ("--gpus-per-trial", "1")
    sandbox = on(two_gpus, folder, trials=6, trial_faults=trial_faults, words=words)
    sweep(two_gpus, sandbox)
    assert len(sandbox.events("died")) == 4
    assert Counter(gpu for one in shares(sandbox) for gpu in one["given"]).keys() == {"0", "1"}
    assert sandbox.repeated_epochs() == 4  # the epoch in which each died
    assert differences(sandbox) == ()


@pytest.mark.slow
def test_a_trial_without_a_share_sees_no_gpu(two_gpus, folder):
    sandbox = on(two_gpus, folder, trials=3, words=("--gpus-per-trial", "0"))
    sweep(two_gpus, sandbox)
    assert [(one["given"], one["seen"]) for one in shares(sandbox)] == 3 * [([], "")]
    assert differences(sandbox) == ()


@pytest.mark.slow
def test_a_share_that_no_node_has_is_waited_for_aloud_until_one_joins(folder):
    with LocalCluster(folder / "cluster", cpus=1) as cluster:
        sandbox = on(cluster, folder, trials=2, words=("--gpus-per-trial", "0.5"))
        driver = sandbox.begin()
        sandbox.wait(lambda: "waiting for room" in sandbox.stderr)
        assert "0.5 GPU of one node" in sandbox.stderr
        assert "no trial can begin before a larger one joins" in sandbox.stderr
        assert driver.poll() is None
        cluster.add(gpus=1)
        assert driver.wait(90) == 0, sandbox.stderr
    assert [one["given"] for one in shares(sandbox)] == 2 * [["0"]]
    assert differences(sandbox) == ()


def apart(hidden: Path) -> tuple[str, ...]:
    """Words before a command that is to find a folder of this machine empty."""
    script = 'mount -t tmpfs tmpfs "$0" && exec "$@"'
    return ("unshare", "-m", "sh", "-c", script, str(hidden))


def can_unshare() -> bool:
    done = subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True)
    return os.geteuid() == 0 and done.returncode == 0


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform != "linux" or not can_unshare(), reason="needs root and mount namespaces"
)
def test_a_machine_needs_nothing_of_the_drivers_but_the_results(folder):
    hidden = folder / "tmp"
    hidden.mkdir(parents=True)
    with LocalCluster(folder / "cluster") as cluster:
        cluster.add(inside=apart(hidden))
        sandbox = on(cluster, folder, trials=2)
        sandbox.environment = {**cluster.environ, "TMPDIR": str(hidden)}
        driver = sandbox.begin()
        sandbox.wait(lambda: bool(sandbox.finished_epochs()))
        pid = sandbox.finished_epochs()[0][2]
        there = subprocess.run(
            ["nsenter", "-t", str(pid), "-m", "ls", str(hidden)],
            check=True,
            capture_output=True,
            text=True,
        )
        assert any(name.startswith("tune-") for name in os.listdir(hidden))
        assert there.stdout == ""  # Tune's own folder is not there
        assert driver.wait(120) == 0, sandbox.stderr
    assert differences(sandbox) == ()
