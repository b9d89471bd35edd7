import contextlib
import json
import os
import shlex
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import psutil
import pytest

from cluster.job_command import JOBS, ROOT
from cluster.submit import ENVIRONMENT, Submission, _reason, how_to, main, unique
from orchestrator import request

HERE = "http://127.0.0.1:8265"
TOKEN = "a" * 64
WORDS = ["quickstart", "--data=s3://b/f.zip", "--results=s3://b/r"]


@pytest.fixture(autouse=True)
def no_cluster_of_the_user_s(monkeypatch):
    for name in ("RAY_ADDRESS", "RAY_API_SERVER_ADDRESS", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RAY_AUTH_MODE", "token")  # `main` sets it; here it is taken back


def dry(capsys, *words):
    assert main([*words, f"--address={HERE}", "--dry-run"]) == 0
    output = capsys.readouterr()
    return shlex.split(output.out), output.err


# --- the line --------------------------------------------------------------------------------


def test_the_line_can_be_pasted_and_says_all_that_the_job_needs(capsys):
    words, _ = dry(capsys, *WORDS, "--trials=3", "--env=AWS_DEFAULT_REGION=eu-central-1")
    assert words[:4] == ["RAY_AUTH_MODE=token", "ray", "job", "submit"]
    cut = words.index("--")
    assert words[cut + 1 :] == [
        *["python", "-m", "jobs.sweep", *WORDS, "--trials=3"],
        *["--name=quickstart", "--address=auto"],
    ]
    flags = dict(word.split("=", 1) for word in words[4:cut] if "=" in word)
    assert flags["--address"] == HERE
    assert flags["--working-dir"] == "."
    assert flags["--submission-id"].startswith("quickstart-sweep-2")
    assert json.loads(flags["--runtime-env-json"])["env_vars"] == {
        "RAY_AUTH_MODE": "token",
        "RAY_JOB_STOP_SIGNAL": "SIGINT",
        "RAY_JOB_STOP_WAIT_TIME_S": "60",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }


def test_every_job_is_run_by_its_own_module_which_is_there(capsys):
    for job in JOBS:
        words = WORDS if job in ("sweep", "pipeline") else ["s3://b/r/first", "--data=s3://b/f.zip"]
        line, _ = dry(capsys, *words, f"--job={job}")
        module = line[line.index("-m") + 1]
        assert (ROOT / module.replace(".", "/")).with_suffix(".py").is_file()
        assert line[-1] == "--address=auto"


def test_the_words_of_the_job_are_read_here_so_that_a_slip_costs_nothing(capsys):
    words = [*WORDS, f"--address={HERE}", "--trials=none"]
    assert main(words) == 2
    assert "argument --trials: invalid int value" in capsys.readouterr().err
    assert main(["quikstart", *words[1:3], f"--address={HERE}"]) == 2
    assert "no sweep is called 'quikstart'" in capsys.readouterr().err
    assert main([*WORDS, "--job=pipeline", "--top=0", f"--address={HERE}"]) == 2
    assert "--top 0" in capsys.readouterr().err


def test_a_question_in_a_file_must_travel_and_is_named_as_it_will_be_there(capsys, tmp_path):
    file = ROOT / "orchestrator" / "sweeps" / "quickstart.py"
    line, _ = dry(capsys, str(file), *WORDS[1:])
    assert line[line.index("jobs.sweep") + 1] == "orchestrator/sweeps/quickstart.py"
    outside = tmp_path / "mine.py"
    outside.write_text(file.read_text())
    assert main([str(outside), *WORDS[1:], f"--address={HERE}"]) == 2
    assert "would not travel with the job; copy it there" in capsys.readouterr().err


def test_an_address_in_the_environment_cannot_lead_the_line_elsewhere(capsys, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "http://elsewhere:8265")
    words, _ = dry(capsys, *WORDS)
    assert words[:5] == ["env", "-u", "RAY_ADDRESS", "RAY_AUTH_MODE=token", "ray"]


def test_no_submission_has_the_name_of_another():
    names = {unique("first sweep/ä") for _ in range(50)}
    assert len(names) > 45  # within one second luck decides: 1 of 65,536 for a pair
    assert all(name.startswith("first-sweep---2") for name in names)


def test_the_token_stands_in_no_output(capsys, monkeypatch):
    monkeypatch.setenv("RAY_AUTH_TOKEN", "hush-hush")
    dry(capsys, *WORDS)
    job = Submission(HERE, "n", ("true",), ENVIRONMENT)
    assert "hush" not in job.line + how_to(job)


# --- on Ray ----------------------------------------------------------------------------------


def free_ports(n):
    sockets = [socket.socket() for _ in range(n)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


@pytest.fixture(scope="module")
def head():
    """A cluster of one node on this machine: (address, environment); nothing of it stays."""
    with tempfile.TemporaryDirectory(prefix="r-", ignore_cleanup_errors=True) as folder:
        token = Path(folder) / ".ray" / "auth_token"
        token.parent.mkdir()
        token.write_text(TOKEN)
        token.chmod(stat.S_IRUSR | stat.S_IWUSR)
        here = str(Path(sys.executable).parent)
        around = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")}
        around |= {"HOME": folder, "RAY_AUTH_MODE": "token", "PATH": f"{here}:{os.environ['PATH']}"}
        around |= {"RAY_USAGE_STATS_ENABLED": "0"}
        port, dashboard, agent, metrics, client = free_ports(5)
        words = [f"{here}/ray", "start", "--head", "--block", f"--port={port}", "--num-cpus=1"]
        words += [f"--dashboard-port={dashboard}", "--dashboard-host=127.0.0.1"]
        words += [f"--ray-client-server-port={client}", f"--dashboard-agent-listen-port={agent}"]
        words += [f"--metrics-export-port={metrics}", f"--temp-dir={folder}/t"]
        words += ["--min-worker-port=0", "--max-worker-port=0", "--object-store-memory=80000000"]
        log = Path(folder) / "log"
        with log.open("w") as file:
            ray = subprocess.Popen(
                words,
                env=around,
                stdout=file,
                stderr=file,
                start_new_session=True,
                cwd=folder,
                preexec_fn=hearing_ctrl_c,
            )
        try:
            answering(f"http://127.0.0.1:{dashboard}/api/version", ray, log)
            yield f"http://127.0.0.1:{dashboard}", around
        finally:
            end(ray)


def answering(url, process, log):
    until = time.monotonic() + 90
    while time.monotonic() < until and process.poll() is None:
        try:
            urlopen(url, timeout=5)
        except HTTPError:
            return  # it asks who we are: it is there
        except (URLError, OSError):
            time.sleep(0.3)
    raise AssertionError(f"{url} does not answer: {log.read_text()}")


def end(process):
    """Kill it and all that it has started, and nothing else."""
    started = []
    with contextlib.suppress(psutil.NoSuchProcess):
        started = psutil.Process(process.pid).children(recursive=True)
    process.kill()  # first: it would say at length that its children have died
    for each in started:
        with contextlib.suppress(psutil.Error):
            each.kill()
    process.wait()


def hearing_ctrl_c():
    """A shell ignores Ctrl-C for what it starts in the background, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def submitted(head, code, name):
    """A job of a few lines of Python, submitted and followed by a process of its own."""
    address, around = head
    script = (
        "import sys\nfrom cluster.submit import ENVIRONMENT, Submission, send\n"
        f"job = Submission({address!r}, {name!r}, ('python', '-uc', {code!r}), ENVIRONMENT)\n"
        "sys.exit(send(job, 'THE SAME COMMAND'))"
    )
    return subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=-1,
        stderr=-1,
        text=True,
        env=around,
        cwd=ROOT,
        preexec_fn=hearing_ctrl_c,
    )


def until_said(process, text):
    output = ""
    while text not in output:
        line = process.stdout.readline()
        assert line, f"ended without {text!r}: {output} {process.stderr.read()}"
        output += line
    return output


WAITING = """
import time
print('up')
try:
    time.sleep(300)
except KeyboardInterrupt:
    print('last words')
    raise SystemExit(130)
"""
TOGETHER = {
    "good": "print('hello'); import results.schema",
    "stopped": WAITING,
    "left": WAITING,
}
"""Jobs by name; most of what one takes is waiting for Ray, so they are submitted at once."""


@pytest.fixture(scope="module")
def absent(tmp_path_factory):
    """Data that are not there."""
    return tmp_path_factory.mktemp("absent") / "absent.csv"


@pytest.fixture(scope="module")
def followers(head, absent):
    """Of the jobs above, by name, and of a sweep on data that are absent."""
    address, around = head
    words = ["quickstart", f"--data={absent}", f"--results={absent.parent}/r"]
    assert request.parse(words).question == "quickstart"
    command = [sys.executable, "-m", "cluster.submit", *words, f"--address={address}"]
    processes = {name: submitted(head, code, name) for name, code in TOGETHER.items()}
    processes["refused"] = subprocess.Popen(
        command, stdout=-1, stderr=-1, text=True, env=around, cwd=ROOT
    )
    yield processes
    for process in processes.values():
        if process.poll() is None:
            process.kill()
            process.wait()


def status(head, name):
    """Of a job, as the head's server tells it."""
    address, _ = head
    request = Request(f"{address}/api/jobs/{name}", headers={"Authorization": f"Bearer {TOKEN}"})
    with urlopen(request, timeout=60) as answer:
        return json.load(answer)["status"]


@pytest.mark.ray
def test_a_job_s_output_and_exit_code_come_back(followers):
    out, err = followers["good"].communicate(timeout=120)
    assert followers["good"].returncode == 0, err
    assert out.splitlines().count("hello") == 1
    assert "good: done" in err
    assert "THE SAME COMMAND" not in err


@pytest.mark.ray
def test_an_id_that_was_used_is_not_taken(head, followers):
    followers["good"].wait(timeout=120)
    again = submitted(head, TOGETHER["good"], "good")
    _, err = again.communicate(timeout=120)
    assert again.returncode == 1
    assert "error: Ray did not take the job" in err


@pytest.mark.ray
@pytest.mark.slow
def test_a_job_s_own_exit_code_comes_back(head):
    bad = submitted(head, "print('woe'); raise SystemExit(7)", "bad")
    out, err = bad.communicate(timeout=120)
    assert bad.returncode == 7, err
    assert out.splitlines().count("woe") == 1
    assert "bad: failed with exit code 7\nwhat was done is kept; go on with:\n  THE SAME" in err


@pytest.mark.ray
def test_a_stopped_job_has_time_for_its_last_words_and_its_follower_says_how_to_go_on(
    head, followers
):
    job = followers["stopped"]
    until_said(job, "\nup\n")
    line = Submission(head[0], "stopped", (), ENVIRONMENT).line_of("stop")  # to be pasted
    subprocess.run(line, shell=True, env=head[1], check=True, capture_output=True, timeout=120)
    out, err = job.communicate(timeout=120)
    assert job.returncode == 130, err
    assert "last words" in out.splitlines()
    assert "stopped: stopped\nwhat was done is kept; go on with:\n  THE SAME COMMAND" in err
    assert status(head, "stopped") == "STOPPED"


@pytest.mark.ray
def test_ctrl_c_leaves_the_job_alone_and_says_which_lines_follow_and_stop_it(head, followers):
    job = followers["left"]
    until_said(job, "\nup\n")
    job.send_signal(signal.SIGINT)
    _, err = job.communicate(timeout=60)
    assert job.returncode == 130
    lines = how_to(Submission(head[0], "left", (), ENVIRONMENT))
    assert f"not watched any more; the job goes on\n{lines}\n  go on, " in err
    assert err.endswith("THE SAME COMMAND\n")
    assert status(head, "left") == "RUNNING"


@pytest.mark.ray
def test_what_the_sweep_itself_refuses_is_seen_and_is_exit_code_2(followers, absent):
    out, err = followers["refused"].communicate(timeout=180)
    assert followers["refused"].returncode == 2, err
    assert f"error: {absent}" in out
    assert err.splitlines()[-1].endswith("failed with exit code 2")


# --- what Ray said ---------------------------------------------------------------------------


def test_of_rays_traceback_only_its_last_words_are_shown():
    output = (
        "Traceback (most recent call last):\n"
        '  File "sdk.py", line 342, in request\n'
        "    raise AuthenticationError(formatted_error)\n"
        "ray.exceptions.AuthenticationError: Forbidden: Invalid authentication token\n\n"
        "Ensure that the token is right\n"
    )
    assert _reason(output) == (
        "ray.exceptions.AuthenticationError: Forbidden: Invalid authentication token"
    )
    assert _reason("the id is taken\n") == "the id is taken"
    assert _reason(" ") == "nothing was said"
