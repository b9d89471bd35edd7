r"""Submit one of our jobs to a Ray cluster, and follow it to its end.

    python -m cluster.submit architectures --address http://127.0.0.1:8265 \
        --data s3://bucket/fer2013.zip --results s3://bucket/results --name first

Prints the `ray job submit` line that it runs. Whatever cuts the connection, the job goes on; the
same command given again, after the job was stopped or failed, goes on with what it had done.
"""

import datetime
import json
import os
import re
import secrets
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cluster import preflight
from cluster.job_command import JOBS, ROOT
from orchestrator.process.command_line import Command, flag, words_of
from orchestrator.process.exit_code import BAD_INPUT, DONE, FAILED, INTERRUPTED, exit_code
from orchestrator.process.signals import termination_as_ctrl_c

ENVIRONMENT = {
    "RAY_AUTH_MODE": "token",
    "RAY_JOB_STOP_SIGNAL": "SIGINT",  # or `ray job stop` is a SIGTERM and, 3 s later, a SIGKILL
    "RAY_JOB_STOP_WAIT_TIME_S": "60",
}
"""Of every job."""

ELSEWHERE = ("RAY_ADDRESS", "RAY_API_SERVER_ADDRESS")
"""To Ray these outrank the address that it is given."""


@dataclass(frozen=True)
class Submission:
    """One `ray job submit`.

    Attributes:
        address: of the cluster's HTTP server.
        name: its id, used once.
        entrypoint: the command that is run there.
        environment: the variables that it is run with.
    """

    address: str
    name: str
    entrypoint: tuple[str, ...]
    environment: Mapping[str, str]

    @property
    def words(self) -> list[str]:
        """The command line; it returns when the job is accepted."""
        runtime = json.dumps({"env_vars": dict(self.environment)})
        words = ["ray", "job", "submit", f"--address={self.address}"]
        words += [
            f"--submission-id={self.name}",
            "--working-dir=.",
            f"--runtime-env-json={runtime}",
        ]
        return [*words, "--no-wait", "--", *self.entrypoint]

    @property
    def line(self) -> str:
        """To be pasted, in the repository's root."""
        return pasteable(self.words)

    def line_of(self, *words: str) -> str:
        """The line of another command on this job, to be pasted."""
        return pasteable(["ray", "job", *words, f"--address={self.address}", self.name])


def pasteable(words: Sequence[str]) -> str:
    """A command of Ray's with the variables that it needs."""
    unset = [f"-u {name}" for name in ELSEWHERE if name in os.environ]
    return " ".join([*(["env", *unset] if unset else []), "RAY_AUTH_MODE=token", shlex.join(words)])


@dataclass(frozen=True, kw_only=True)
class SubmitRequest:
    """Which job is submitted, and where; all other words are the job's own."""

    address: str = flag("of the head's dashboard, http:// or https://", required=True)
    job: str = flag("which job", default="sweep", choices=tuple(JOBS))
    env: tuple[str, ...] = flag(
        "a variable for the job, e.g. AWS_DEFAULT_REGION=eu-central-1; never a secret",
        default=(),
        metavar="KEY=VALUE",
        repeated=True,
        check=lambda name, pairs: tuple(pairs),
    )
    plain_http: bool = flag(
        "send the token in clear to a head that is not this machine", default=False
    )
    no_wait: bool = flag("submit, and leave", default=False)
    dry_run: bool = flag("print the line, and leave", default=False)


COMMAND = Command(
    program="python -m cluster.submit",
    takes=SubmitRequest,
    description="Submit a job to a Ray cluster and follow it; a name that is there is gone on "
    "with.",
    epilog="All other words are the job's own: `python -m jobs.sweep --help` lists them. The "
    "exit code is the job's; 130: it was stopped, or goes on unwatched.",
    usage="%(prog)s QUESTION or RESULTS/NAME --address http://HEAD:8265 [words of the job]",
)


def main(argv: Sequence[str] | None = None) -> int:
    """The job's exit code; 1 if it could not be submitted, 2 if it was refused here, 130 stopped.

    Job's output goes to standard output, ours to standard error.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    os.environ["RAY_AUTH_MODE"] = "token"  # before Ray is imported
    return exit_code(lambda: _submit(*COMMAND.read_known(words)))


def _submit(request: SubmitRequest, rest: list[str]) -> int:
    address = preflight.check_address(request.address, request.plain_http)
    more = preflight.variables(request.env)
    job = JOBS[request.job](rest)
    notes = preflight.check_places(job.places)
    notes += preflight.check_upload(preflight.upload_sizes(ROOT), job.files)
    entrypoint = ("python", "-m", f"jobs.{request.job}", *job.words, "--address=auto")
    submission = Submission(
        address, unique(f"{job.label}-{request.job}"), entrypoint, {**ENVIRONMENT, **more}
    )
    if request.dry_run:
        _say_all(notes)
        print(submission.line)
        return DONE
    _say_all(notes + preflight.check_token(os.environ, Path.home()))
    return send(submission, _again(request, job.words), request.no_wait)


def unique(label: str) -> str:
    """An id that was never used, for Ray takes none twice: the label, the time, and luck."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "-", label)
    return f"{plain}-{datetime.datetime.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def _again(request: SubmitRequest, words: Sequence[str]) -> str:
    """This program's command, with the sweep's name in it."""
    own = words_of(request, without=("no_wait", "dry_run"))
    return shlex.join([*COMMAND.program.split(), *words, *own])


def send(submission: Submission, again: str, no_wait: bool = False) -> int:
    """Submit, follow, say how it ended and how to go on.

    Args:
        submission: what.
        again: the command that goes on.
        no_wait: do not follow.
    """
    from cluster.job_log import Lost, ending, follow  # brings Ray along, after its variables

    _say_all([f"\n{submission.line}\n"])
    if not _accepted(submission):
        return FAILED
    how = how_to(submission)
    if no_wait:
        _say_all([f"submitted as {submission.name}\n{how}"])
        return DONE
    try:
        with termination_as_ctrl_c():
            info = follow(submission.address, submission.name, sys.stdout)
    except KeyboardInterrupt:
        then = f"  go on, once it has ended   {again}"
        _say_all([f"\nnot watched any more; the job goes on\n{how}\n{then}"])
        return INTERRUPTED
    except Lost as problem:
        _say_all([f"\nlost sight of the job, which may go on: {problem}\n{how}"])
        return FAILED
    code, message = ending(info)
    _say_all([f"{submission.name}: {message}"])
    if code not in (DONE, BAD_INPUT):
        _say_all([f"what was done is kept; go on with:\n  {again}"])
    return code


def how_to(submission: Submission) -> str:
    """How to look after a job that nobody follows."""
    return (
        f"  follow  {submission.line_of('logs', '--follow')}\n"
        f"  status  {submission.line_of('status')}\n"
        f"  stop    {submission.line_of('stop')}"
    )


def _accepted(submission: Submission) -> bool:
    """Have Ray's own command submit it; what that says is shown where it fails."""
    beside = Path(sys.executable).with_name("ray")
    ray, *words = submission.words
    for name in ELSEWHERE:
        os.environ.pop(name, None)
    done = subprocess.run(
        [str(beside) if beside.exists() else ray, *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != DONE:
        _say_all(
            [
                _reason(done.stdout),
                "error: Ray did not take the job; is the address right, and the token?",
            ]
        )
    return done.returncode == DONE


def _reason(output: str) -> str:
    """What Ray's command ended with: of a traceback its last words, of anything else the end."""
    lines = output.strip().splitlines() or ["nothing was said"]
    if "Traceback (most recent call last):" in output:
        named = [line for line in lines if re.match(r"[\w.]+(Error|Exception)\b", line)]
        lines = named or lines
        return lines[-1]
    return "\n".join(lines[-20:])


def _say_all(lines: Sequence[str]) -> None:
    for line in lines:
        print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
