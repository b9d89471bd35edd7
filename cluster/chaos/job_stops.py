"""Faults of jobs: `ray job stop`, as it is and with the patience that we give it; then again."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cluster.chaos.comparison import outcome
from cluster.chaos.local_cluster import LocalCluster
from cluster.chaos.outcome import Outcome
from cluster.chaos.sandbox import HOME, Sandbox
from orchestrator.process.exit_code import BAD_INPUT, DONE

ROOT = Path(__file__).parents[2]

GRACEFUL = {"RAY_JOB_STOP_SIGNAL": "SIGINT", "RAY_JOB_STOP_WAIT_TIME_S": "30"}
"""What a job is told so that `ray job stop` gives it time; else SIGTERM and, 3 s later, SIGKILL."""

OVER = ("STOPPED", "SUCCEEDED", "FAILED")
EPOCHS_BEFORE = 8
"""Epochs that are done before a fault is injected."""

LAST_WORDS = "interrupted after"


def stopped(folder: Path) -> Outcome:
    """`ray job stop` as it is."""
    return _stopped(folder, {})


def stopped_gracefully(folder: Path) -> Outcome:
    """The same with SIGINT and half a minute: the driver must have had its last words."""
    return _stopped(folder, GRACEFUL)


def _stopped(folder: Path, variables: Mapping[str, str]) -> Outcome:
    with LocalCluster(folder / "cluster", dashboard=True) as cluster:
        cluster.add()
        sandbox = Sandbox(folder, words=("--address", "auto"), epoch_seconds=0.2)
        first, second, third = (
            SubmittedJob(cluster, name) for name in ("first", "second", "third")
        )
        first.submit(sandbox, variables)
        sandbox.wait(lambda: len(sandbox.finished_epochs()) >= EPOCHS_BEFORE)
        began = time.monotonic()
        first.ray("stop")
        wrong = first.ends("STOPPED", None)
        took = time.monotonic() - began
        spoke = LAST_WORDS in first.logs()
        wrong += [] if spoke or not variables else [f"the driver said: {first.logs()[-300:]}"]
        second.submit(sandbox, variables)
        wrong += second.ends("SUCCEEDED", DONE)
        third.submit(replace(sandbox, words=(*sandbox.words, "--epochs", "0")), variables)
        wrong += third.ends("FAILED", BAD_INPUT)
    message = LAST_WORDS if spoke else "nothing: it was killed"
    return outcome(sandbox, wrong, took, message=message)


@dataclass(frozen=True)
class SubmittedJob:
    """A job of a cluster.

    Attributes:
        cluster: the cluster.
        name: of the job, used once.
    """

    cluster: LocalCluster
    name: str

    def submit(self, sandbox: Sandbox, variables: Mapping[str, str]) -> None:
        """Have a sweep run."""
        own = ("CHAOS", "OMP")
        environment = {
            k: v for k, v in sandbox.environ().items() if k.startswith(own) and k != HOME
        }
        runtime = json.dumps({"env_vars": {**environment, **variables}})
        words = ["--submission-id", self.name, "--working-dir", str(ROOT), "--no-wait"]
        self.ray("submit", *words, "--runtime-env-json", runtime, "--", *sandbox.command())

    def ray(self, verb: str, *words: str) -> str:
        """`ray job` VERB; gives its standard output."""
        command = [sys.executable, "-m", "ray.scripts.scripts", "job", verb]
        command += ["--address", self.cluster.jobs, *(words or (self.name,))]
        done = subprocess.run(
            command,
            env=self.cluster.environ_of_nodes(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"ray job {verb}: {done.stdout[-500:]}{done.stderr[-1500:]}")
        return done.stdout

    def details(self, what: str = "") -> Any:
        """What the cluster knows of it."""
        url = f"{self.cluster.jobs}/api/jobs/{self.name}{what}"
        token = Path(self.cluster.environ["RAY_AUTH_TOKEN_PATH"]).read_text()
        # The cluster is on this machine: no proxy is asked.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
        with opener.open(request, timeout=30) as answer:
            return json.load(answer)

    def logs(self) -> str:
        """What its driver said."""
        return str(self.details("/logs")["logs"])

    def ends(self, status: str, code: int | None, seconds: float = 180.0) -> list[str]:
        """Wait for its end; gives what is wrong with it."""
        until = time.monotonic() + seconds
        while (details := self.details())["status"] not in OVER and time.monotonic() < until:
            time.sleep(0.2)
        end = details["status"], details["driver_exit_code"]
        right = end[0] == status and code in (None, end[1])
        return [] if right else [f"job {self.name} ended as {end}: {self.logs()[-500:]}"]
