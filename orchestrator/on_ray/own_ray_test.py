"""What shows in a process of its own: where its Ray listens, its token, what Tune holds in it.

Both are read from one process with one Ray, for each takes seconds to start.
"""

import gc
import ipaddress
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest
import ray
from ray import tune
from ray.tune.experiment import Trial as TuneTrial

from orchestrator.on_ray.session import session
from orchestrator.on_ray.tune_adapter import (
    TuneEvents,
    TuneScheduler,
    TuneSearcher,
    configured_signature,
)
from orchestrator.on_ray.tune_internals import HELD
from orchestrator.scheduling.hang_detector import HangDetector
from orchestrator.scheduling.scheduler import Scheduler
from orchestrator.search.axes import Categorical, Constant
from orchestrator.testing.scripted import completed, conduct

pytestmark = pytest.mark.ray

TRIALS = 25


class Once(tune.Trainable):
    """One epoch a trial."""

    def setup(self, config):
        self.seed = config["seed"]

    def reset_config(self, new_config):
        self.seed = new_config["seed"]
        return True

    def step(self):
        return completed([self.seed / TRIALS])[0]


class Counted(tune.Callback):
    """How many trials Tune holds."""

    most = 0

    def on_step_end(self, iteration, trials, **info):
        self.most = max(self.most, len(trials))


def in_ray(folder):
    """A sweep of `TRIALS` with the true Tune in a Ray of our own; prints what is asserted."""
    axes = {"seed": Categorical(tuple(range(TRIALS))), "epochs": Constant(1)}
    scheduler = conduct(axes=axes, rungs=(), trials=TRIALS)
    scheduling, counted = TuneScheduler(scheduler), Counted()
    with session(cpus=2, gpus=0, address=None):
        (place,) = Path(tempfile.gettempdir()).glob("fer-ray-*")
        sockets = list(place.glob("r/session_*/sockets/plasma_store"))
        print("place", f"{stat.S_IMODE(place.stat().st_mode):o}", bool(sockets))
        tune.Tuner(
            tune.with_resources(Once, {"cpu": 1}),
            tune_config=tune.TuneConfig(
                num_samples=-1,
                search_alg=TuneSearcher(scheduler),
                scheduler=scheduling,
                reuse_actors=True,
                trial_name_creator=configured_signature,
            ),
            run_config=tune.RunConfig(
                storage_path=folder,
                verbose=0,
                callbacks=[TuneEvents(scheduler, HangDetector(), print, lambda: None), counted],
                checkpoint_config=tune.CheckpointConfig(
                    checkpoint_frequency=0, checkpoint_at_end=False
                ),
            ),
        ).fit()
        print("listens", *listeners())
        commands = [p.cmdline() for p in psutil.Process().children(recursive=True)]
        print("processes", *sorted({Path(word).name for words in commands for word in words[:3]}))
    print("runs", ray.is_initialized())
    print("remains", *os.listdir(tempfile.gettempdir()))
    controller, _ = scheduling._ended[-1]
    print("knows", sorted(name for name in HELD if hasattr(controller, name)) == sorted(HELD))
    print("most", counted.most)
    print("ended", *_statuses(scheduler))
    print("left", sum(isinstance(thing, TuneTrial) for thing in gc.get_objects()))


def listeners():
    """Addresses at which this process and its children listen."""
    own = {p.pid for p in psutil.Process().children(recursive=True)} | {os.getpid()}
    connections = psutil.net_connections("inet")
    return [c.laddr.ip for c in connections if c.status == "LISTEN" and c.pid in own]


def _statuses(scheduler: Scheduler):
    return sorted(f"{n} {status}" for status, n in scheduler.ledger.counts().items())


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Of a user who has no token yet."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def short():
    """A folder for temporary files whose path leaves room for a socket's."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def printed(home, short, tmp_path_factory):
    """Its lines, by their first word."""
    around = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")}
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator.on_ray.own_ray_test", tmp_path_factory.mktemp("tune")],
        env=around | {"HOME": str(home), "TMPDIR": str(short)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)


def test_a_local_ray_listens_on_loopback_alone_and_keeps_its_token_to_its_owner(printed, home):
    addresses = [
        ipaddress.ip_address(text.removeprefix("::ffff:")) for text in printed["listens"].split()
    ]
    assert addresses
    assert all(address.is_loopback for address in addresses), printed["listens"]
    assert printed["runs"] == "False"
    processes = set(printed["processes"].split())
    assert {"gcs_server", "raylet"} <= processes
    assert not {"monitor.py", "log_monitor.py", "dashboard.py"} & processes
    token = home / ".ray" / "auth_token"
    assert len(token.read_text()) == 64
    assert stat.S_IMODE(token.stat().st_mode) == 0o600


def test_ray_s_folder_is_its_user_s_alone_and_gone_afterwards(printed):
    assert printed["place"] == "700 True"
    assert "fer-ray" not in printed.get("remains", "")


def test_tune_holds_a_handful_of_trials_however_many_there_were(printed):
    assert printed["knows"] == "True"
    assert printed["ended"] == f"{TRIALS} completed"
    assert int(printed["most"]) < TRIALS // 2
    assert int(printed["left"]) < TRIALS // 2


if __name__ == "__main__":
    in_ray(sys.argv[1])
