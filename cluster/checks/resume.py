"""Whether a job comes back after a fault."""

from collections.abc import Iterator

from cluster.checks.entrypoint import JOBS, NAMED, Entrypoint
from cluster.checks.files import Description, at
from cluster.checks.kubernetes.pods import Cluster, clusters, pods, runtime_environment
from cluster.checks.problem import Place, Problem, shown

FILES = ("data", "results")


def job(description: Description) -> Iterator[Problem]:
    """A job has time to write its last state, and its entrypoint goes on where it was."""
    for cluster in clusters(description):
        if cluster.job is not None:
            yield from _stopping(cluster)
            yield from _entrypoint(cluster)


def _stopping(cluster: Cluster) -> Iterator[Problem]:
    environment = runtime_environment(cluster)
    variables = None if environment is None else environment.get("env_vars", {})
    place = (*cluster.job_place, "runtimeEnvYAML")
    if not isinstance(variables, dict):
        actual = (
            "what is no YAML mapping" if environment is None else f"env_vars {shown(variables)}"
        )
        yield Problem(place, actual, 'a mapping, in it env_vars: {NAME: "value"}', "write it so")
        return
    if variables.get("RAY_AUTH_MODE", "token") != "token":
        mode = shown(variables["RAY_AUTH_MODE"])
        yield Problem(place, f"RAY_AUTH_MODE {mode}", "token", "take it out")
    if variables.get("RAY_JOB_STOP_SIGNAL") != "SIGINT":
        yield Problem(
            place,
            f"RAY_JOB_STOP_SIGNAL {shown(variables.get('RAY_JOB_STOP_SIGNAL'))}",
            "SIGINT",
            "write it under env_vars: on it the sweep writes its last state",
        )
    try:
        seconds = float(variables.get("RAY_JOB_STOP_WAIT_TIME_S", "3"))
    except (TypeError, ValueError):
        seconds = 0.0
    if not seconds >= 10:  # nor is NaN
        yield Problem(
            place,
            f"RAY_JOB_STOP_WAIT_TIME_S {shown(variables.get('RAY_JOB_STOP_WAIT_TIME_S'))}",
            'at least "10" seconds',
            "write it under env_vars: Ray's own 3 s are too short to write tables",
        )


def _entrypoint(cluster: Cluster) -> Iterator[Problem]:
    command = at(cluster.job, "entrypoint", default="")
    place = (*cluster.job_place, "entrypoint")
    try:
        entry = Entrypoint.of(command)
    except ValueError:
        yield Problem(place, shown(command), "a command line", "close the quotation mark")
        return
    if entry.job not in JOBS:
        yield Problem(place, shown(command), f"python -m jobs.NAME, NAME one of {', '.join(JOBS)}")
        return
    if entry.job in NAMED and not entry.flags.get("name"):
        yield Problem(place, "no --name", "one", "add it: a retry goes on with the sweep of it")
    for flag in FILES:
        if flag in entry.flags:
            yield from _shared(cluster, place, flag, entry.flags[flag])
    if entry.job in NAMED and "results" not in entry.flags:
        yield Problem(place, "no --results", "one that all pods share", "add --results")


def _shared(cluster: Cluster, place: Place, flag: str, where: str) -> Iterator[Problem]:
    """A place that a job names must be there on every pod: a URI, or below a shared volume."""
    if "://" in where:
        return
    for pod in pods(cluster):
        if pod.role == "submitter":
            continue
        claims = {
            v["name"]
            for v in pod.spec.get("volumes", [])
            if "persistentVolumeClaim" in v or "nfs" in v
        }
        folders = [
            m["mountPath"].rstrip("/") + "/"
            for m in pod.main.get("volumeMounts", [])
            if m.get("name") in claims
        ]
        if not any(f"{where}/".startswith(folder) for folder in folders):
            yield Problem(
                place,
                f"--{flag} {where}, which is no shared volume on a {pod.role}",
                f"a folder below {', '.join(folders) or 'a shared volume'} or a URI",
                "mount the claim there, or name a bucket",
            )
            return
