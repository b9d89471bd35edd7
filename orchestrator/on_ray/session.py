"""Ray, started or joined so that it is quiet, local and authenticated."""

import contextlib
import json
import logging
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import ray

from orchestrator.errors import BadInput
from orchestrator.on_ray.head_watch import answers, watch_head
from orchestrator.on_ray.tune_internals import (
    head_address,
    searching,
    starting_what_is_asked,
    stay_on_loopback,
)
from results.journal import process_identity

ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_TRAIN_ENABLE_V2_MIGRATION_WARNINGS": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",  # our journal and dashboard take their place
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # Ctrl-C is ours: it prints how to go on
    "TUNE_RESULT_BUFFER_LENGTH": "1",  # a buffered result would pass its rung
    "TUNE_GLOBAL_CHECKPOINT_S": "600",  # Tune's own snapshots are never read
    "TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S": "0",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1",  # a trial without a share of a GPU sees none
}
"""Set before Ray starts, unless the user has set them."""

OBJECT_STORE_BYTES = 200 * 2**20
"""Images travel as memory-mapped files, so Ray's own store holds next to nothing."""

FOLDER, RANDOM = "fer-ray-", 8
"""How the folder of one Ray is named: this, and so many letters at random."""

OWNER = "owner.json"
"""In it: whose it is."""

SOCKET_FOLDER_BYTES = 39
"""Longest path of that folder: a socket's path has at most 107 bytes on Linux and 103 on macOS, and
Ray adds up to 64 (/session_2026-11-27_23-42-29_595123_1234567/sockets/plasma_store)."""

NO_CLUSTER = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
"""Where this is 0, Ray takes the loopback address for a node's own, on Linux too."""

HEAD_S = 10.0
"""So long a head that is to be joined may be silent; Ray would wait in vain, and for ever."""


@contextlib.contextmanager
def session(
    cpus: int | None,
    gpus: float | None,
    address: str | None,
    on_loss: Callable[[str], None] = lambda message: print(f"error: {message}", file=sys.stderr),
    folders: Sequence[str] = (),
) -> Iterator[None]:
    """A Ray to run trials on; it is left, and if we started it ended, at the end.

    Args:
        cpus: that a local Ray hands out.
        gpus: GPUs that a local Ray hands out; None for those it finds.
        address: of a running cluster; None starts one here, which listens on loopback alone.
        on_loss: called, from another thread, with what to tell the user when the cluster's head
            does not answer any more; then the process is ended with code 1.
        folders: whose modules the processes of a local Ray can import, besides ours.

    Raises:
        BadInput: where the address is none of a head's, or this process has a Ray already.
        ConnectionError: where nobody answers there.
    """
    if ray.is_initialized():
        raise BadInput(
            "this process has a Ray already (ray.init() was called in it, in a notebook perhaps), "
            "and a sweep has its own; call ray.shutdown() first"
        )
    for key, value in ENVIRONMENT.items():
        os.environ.setdefault(key, value)
    options = {"log_to_driver": False, "logging_level": logging.WARNING}
    if address:
        _wait_for_head(address)
        ray.init(address=address, **options)
    else:
        _own_token()
        _on_loopback()
    with contextlib.nullcontext() if address else private_folder() as folder:
        if folder is not None:
            with starting_what_is_asked():
                ray.init(
                    address="local",
                    num_cpus=cpus,
                    num_gpus=gpus,
                    include_dashboard=False,
                    object_store_memory=OBJECT_STORE_BYTES,
                    job_config=searching(folders),
                    _temp_dir=str(folder),
                    **options,
                )
        try:
            with watch_head(ray.get_runtime_context().gcs_address, on_loss):
                yield
        finally:
            ray.shutdown()


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """A folder for the logs and sockets of one Ray, this user's alone; gone at the end.

    Ray's own default, /tmp/ray, is one for all users, may be written by all, and grows. What a
    killed process left of such folders is removed by the next one.
    """
    base = Path(os.environ.get("RAY_TMPDIR") or tempfile.gettempdir()).absolute()
    if len(os.fsencode(base)) + 1 + len(FOLDER) + RANDOM + 2 > SOCKET_FOLDER_BYTES:
        base = Path("/tmp")
    for left in base.glob(f"{FOLDER}*"):
        with contextlib.suppress(OSError, ValueError):
            if process_identity.gone(json.loads((left / OWNER).read_text())):
                shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=FOLDER, dir=base))  # 0700
    try:
        (folder / OWNER).write_text(json.dumps(process_identity.identity()))
        (inner := folder / "r").mkdir()  # Ray lets all write in the folder that it is given
        yield inner
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def cluster_resources() -> dict[str, float]:
    """What Ray's nodes have in all, by kind: CPU, GPU, memory, ..."""
    return dict(ray.cluster_resources())


def _wait_for_head(address: str) -> None:
    """See that somebody listens before Ray tries: it tries without end, and hears no Ctrl-C."""
    if address != "auto" and not _is_a_heads(address):
        raise BadInput(
            f"--address {address}: expected the head's HOST:PORT (`ray start --head` names it), or "
            "auto on a machine of the cluster; to send a job to its dashboard, http://HEAD:8265, "
            "use python -m cluster.submit"
        )
    head = head_address(address)
    if head is None or not _is_a_heads(head):  # Ray's "auto" has found nobody, and says so
        return
    until = time.monotonic() + HEAD_S
    while not answers(head):
        if time.monotonic() >= until:
            origin = "" if head == address else f"; --address {address} led there"
            raise ConnectionError(
                f"no Ray cluster answers at {head}{origin}; name the head of one that runs"
            )
        time.sleep(1)


def _is_a_heads(address: str) -> bool:
    host, _, port = address.rpartition(":")
    return bool(host) and "/" not in host and port.isdecimal() and int(port) < 65536


def _on_loopback() -> None:
    """Make Ray listen on loopback alone, this process and the children, which get the variable."""
    os.environ[NO_CLUSTER] = "0"
    stay_on_loopback()


def _own_token() -> None:
    """Make the token that Ray would make, but readable by its owner alone; Ray's is not."""
    if {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & set(os.environ):
        return
    file = Path.home() / ".ray" / "auth_token"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        file.chmod(0o600)
        return
    except OSError:  # no home, or none to write into: a token for this Ray alone
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
        return
    with os.fdopen(handle, "w") as stream:
        stream.write(secrets.token_hex(32))
