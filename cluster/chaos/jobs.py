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

from cluster.chaos.local_cluster import LocalCluster
from cluster.chaos.outcome import Observed
from cluster.chaos.sandbox import HOME, Sandbox, differences
from orchestrator.process.exit_code import BAD_INPUT, DONE

ROOT = Path(__file__).parents[2]

GRACEFUL = {"RAY_JOB_STOP_SIGNAL": "SIGINT", "RAY_JOB_STOP_WAIT_TIME_S": "30"}
"""What a job is told so that `ray job stop` gives it time; else SIGTERM and, 3 s later, SIGKILL."""

OVER = ("STOPPED", "SUCCEEDED", "FAILED")
STRUCK_AT = 8
"""Epochs that are done before a blow."""

LAST_WORDS = "interrupted; go on with:"


def stopped(folder: Path) -> Observed:
    """`ray job stop` as it is."""
    return _stopped(folder, {})


def stopped_gracefully(folder: Path) -> Observed:
    """The same with SIGINT and half a minute: the driver must have had its last words."""
    return _stopped(folder, GRACEFUL)


def _stopped(folder: Path, told: Mapping[str, str]) -> Observed:
    with LocalCluster(folder / "ground", dashboard=True) as ground:
        ground.add()
        sandbox = Sandbox(folder, words=("--address", "auto"), epoch_seconds=0.2)
        first, second, third = (Job(ground, name) for name in ("first", "second", "third"))
        first.submit(sandbox, told)
        sandbox.wait(lambda: len(sandbox.done()) >= STRUCK_AT)
        began = time.monotonic()
        first.ray("stop")
        wrong = first.ends("STOPPED", None)
        took = time.monotonic() - began
        spoke = LAST_WORDS in first.logs()
        wrong += [] if spoke or not told else [f"the driver said: {first.logs()[-300:]}"]
        second.submit(sandbox, told)
        wrong += second.ends("SUCCEEDED", DONE)
        third.submit(replace(sandbox, words=(*sandbox.words, "--epochs", "0")), told)
        wrong += third.ends("FAILED", BAD_INPUT)
    said = LAST_WORDS if spoke else "nothing: it was killed"
    return Observed(took, sandbox.twice(), (*wrong, *differences(sandbox)), said=said)


@dataclass(frozen=True)
class Job:
    """A job of a cluster.

    Attributes:
        ground: the cluster.
        name: of the job, used once.
    """

    ground: LocalCluster
    name: str

    def submit(self, sandbox: Sandbox, told: Mapping[str, str]) -> None:
        """Have a sweep run."""
        own = ("REHEARSAL", "OMP")
        environment = {
            k: v for k, v in sandbox.environ().items() if k.startswith(own) and k != HOME
        }
        about = json.dumps({"env_vars": {**environment, **told}})
        words = ["--submission-id", self.name, "--working-dir", str(ROOT), "--no-wait"]
        self.ray("submit", *words, "--runtime-env-json", about, "--", *sandbox.command())

    def ray(self, verb: str, *words: str) -> str:
        """`ray job` VERB; gives its standard output."""
        command = [sys.executable, "-m", "ray.scripts.scripts", "job", verb]
        command += ["--address", self.ground.jobs, *(words or (self.name,))]
        done = subprocess.run(
            command, env=self.ground.environ_of_nodes(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"ray job {verb}: {done.stdout[-500:]}{done.stderr[-1500:]}")
        return done.stdout

    def about(self, what: str = "") -> Any:
        """What the cluster knows of it."""
        url = f"{self.ground.jobs}/api/jobs/{self.name}{what}"
        token = Path(self.ground.environ["RAY_AUTH_TOKEN_PATH"]).read_text()
        # The cluster is on this machine: no proxy is asked.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
        with opener.open(asked, timeout=30) as answer:
            return json.load(answer)

    def logs(self) -> str:
        """What its driver said."""
        return str(self.about("/logs")["logs"])

    def ends(self, status: str, code: int | None, seconds: float = 180.0) -> list[str]:
        """Wait for its end; gives what is wrong with it."""
        until = time.monotonic() + seconds
        while (told := self.about())["status"] not in OVER and time.monotonic() < until:
            time.sleep(0.2)
        found = told["status"], told["driver_exit_code"]
        right = found[0] == status and code in (None, found[1])
        return [] if right else [f"job {self.name} ended as {found}: {self.logs()[-500:]}"]
