"""Ray, started or joined so that it is quiet, local and authenticated."""

import contextlib
import logging
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import ray
from ray._private import ray_constants, services

from orchestrator.errors import BadInput
from orchestrator.on_ray.head_watch import answers, lookout

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

NO_CLUSTER = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
"""Where this is 0, Ray takes the loopback address for a node's own, on Linux too."""

HEAD_S = 10.0
"""So long a head that is to be joined may be silent; Ray would wait in vain, and for ever."""


@contextlib.contextmanager
def session(
    slots: int | None,
    gpus: float | None,
    address: str | None,
    lost: Callable[[str], None] = lambda what: print(f"error: {what}", file=sys.stderr),
) -> Iterator[None]:
    """A Ray to run trials on; it is left, and if we started it ended, at the end.

    Args:
        slots: CPUs that a local Ray hands out.
        gpus: GPUs that a local Ray hands out; None for those it finds.
        address: of a running cluster; None starts one here, which listens on loopback alone.
        lost: called, from another thread, with what to tell the user when the cluster's head does
            not answer any more; then the process is ended with code 1.

    Raises:
        BadInput: where the address is none of a head's.
        ConnectionError: where nobody answers there.
    """
    for key, value in ENVIRONMENT.items():
        os.environ.setdefault(key, value)
    options = {"log_to_driver": False, "logging_level": logging.WARNING}
    if address:
        _wait_for_head(address)
        ray.init(address=address, **options)
    else:
        _own_token()
        _on_loopback()
        ray.init(
            address="local",
            num_cpus=slots,
            num_gpus=gpus,
            include_dashboard=False,
            object_store_memory=OBJECT_STORE_BYTES,
            **options,
        )
    try:
        with lookout(ray.get_runtime_context().gcs_address, lost):
            yield
    finally:
        ray.shutdown()


def _wait_for_head(address: str) -> None:
    """See that somebody listens before Ray tries: it tries without end, and hears no Ctrl-C."""
    if address != "auto" and not _is_a_heads(address):
        raise BadInput(
            f"--address {address}: expected the head's HOST:PORT (`ray start --head` names it), or "
            "auto on a machine of the cluster; to send a job to its dashboard, http://HEAD:8265, "
            "use python -m cluster.submit"
        )
    head = services.canonicalize_bootstrap_address(address)
    if head is None or not _is_a_heads(head):  # Ray's "auto" has found nobody, and says so
        return
    until = time.monotonic() + HEAD_S
    while not answers(head):
        if time.monotonic() >= until:
            named = "" if head == address else f"; --address {address} led there"
            raise ConnectionError(
                f"no Ray cluster answers at {head}{named}; name the head of one that runs"
            )
        time.sleep(1)


def _is_a_heads(address: str) -> bool:
    host, _, port = address.rpartition(":")
    return bool(host) and "/" not in host and port.isdecimal() and int(port) < 65536


def _on_loopback() -> None:
    """Make Ray listen on loopback alone.

    `ray.init` puts the machine's outer address in place of a 127.0.0.1 that it is given. The switch
    for systems without clusters stops that; Ray has read it already when it was imported, so its
    constant is set here, and its child processes get the variable.
    """
    os.environ[NO_CLUSTER] = "0"
    ray_constants.ENABLE_RAY_CLUSTER = False


def _own_token() -> None:
    """Make the token that Ray would make, but readable by its owner alone; Ray's is not."""
    if {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & set(os.environ):
        return
    file = Path.home() / ".ray" / "auth_token"
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        file.chmod(0o600)
        return
    with os.fdopen(handle, "w") as stream:
        stream.write(secrets.token_hex(32))
