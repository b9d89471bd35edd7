"""What is looked at before a job is submitted: address, places, variables, upload, token."""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from orchestrator.data.remote.uris import check, is_uri
from orchestrator.errors import BadInput
from results.storage.secrets import forms_in, names_secret

CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    "abfs": "AZURE_STORAGE_ACCOUNT_KEY",
}
"""Scheme of a place -> variables that give access to it, unless the machines' role does."""

UPLOAD_MIB = 100
"""What the head's HTTP server takes."""

LARGE_MIB = 5
"""A file of that size is hardly source code."""


def check_address(address: str, plain_http: bool) -> str:
    """The address, if a token may be sent there.

    Raises:
        BadInput: otherwise.
    """
    parts = urlsplit(address)
    if parts.username or parts.password:
        raise BadInput("--address has credentials in it, which end up in logs; leave them out")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(f"--address {address}: expected the dashboard's, such as http://HEAD:8265")
    if parts.scheme == "http" and not plain_http and not _is_loopback(parts.hostname):
        port = parts.port or 8265
        raise BadInput(
            f"--address {address}: over plain http the cluster's token can be read on the way, and "
            f"it never expires; use https, or a tunnel (ssh -L {port}:127.0.0.1:{port} "
            f"{parts.hostname}, then --address http://127.0.0.1:{port}), or say --plain-http where "
            "you trust the network"
        )
    return address.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_places(places: Mapping[str, str]) -> list[str]:
    """What should be known of where a job reads and writes.

    Raises:
        BadInput: for a place that a cluster's nodes cannot use, or with credentials in it.
    """
    notes = []
    for flag, place in places.items():
        text = f"{flag} {place}" if flag != place else place
        if is_uri(place):
            check(place)
        elif not Path(place).is_absolute():
            raise BadInput(
                f"{text} is relative; on a cluster the working directory is a throw-away copy on "
                "each node: give an absolute path that all nodes share, or a URI"
            )
        if not is_uri(place) or place.startswith("file:"):
            notes.append(f"{text} must be the same shared folder or file on every node")
    schemes = {place.partition("://")[0] for place in places.values() if is_uri(place)}
    for scheme in sorted(schemes & set(CREDENTIALS)):
        notes.append(
            f"{scheme}:// needs {CREDENTIALS[scheme]} in the environment of every node, or the "
            "machines' role; they are not sent with the job"
        )
    return notes


def variables(pairs: Sequence[str]) -> dict[str, str]:
    """`--env` as a dictionary.

    Raises:
        BadInput: for what is no KEY=VALUE, and for a secret, known by its name or its look; its
            value is not repeated.
    """
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z_]\w*", key):
            raise BadInput("--env: expected KEY=VALUE, e.g. AWS_DEFAULT_REGION=eu-central-1")
        if names_secret(key) or forms_in(value):
            raise BadInput(
                f"--env {key}: a secret would stand in the job's public description; give it to "
                "the nodes, by their environment or a secret of Kubernetes"
            )
    return dict(pair.split("=", 1) for pair in pairs)


def upload_sizes(root: Path) -> dict[str, int]:
    """File -> bytes, of what Ray would upload."""
    from orchestrator.on_ray.tune_internals import uploaded_files  # brings Ray along

    return {str(path.relative_to(root)): path.stat().st_size for path in uploaded_files(root)}


def check_upload(files: Mapping[str, int], needed: Sequence[str] = ()) -> list[str]:
    """What should be known of it.

    Raises:
        BadInput: where it is more than a head takes, or lacks what is needed.
    """
    mib = {name: size / 2**20 for name, size in files.items()}
    large = sorted((name for name in mib if mib[name] >= LARGE_MIB), key=lambda n: -mib[n])
    largest = ", ".join(f"{name} ({mib[name]:.0f} MiB)" for name in large[:5])
    total = sum(mib.values())
    if total >= UPLOAD_MIB:
        raise BadInput(
            f"{len(files)} files, {total:.0f} MiB, would be uploaded, but the head takes less than "
            f"{UPLOAD_MIB} MiB: {largest or 'many small files'}; name what is no code in .gitignore"
        )
    for name in needed:
        if name not in files:
            raise BadInput(
                f"{name} is not uploaded, but the job needs it: it is absent, or .gitignore names "
                "it; take that line out, or move what the question imports elsewhere"
            )
    notes = [f"uploads {len(files)} files, {total:.1f} MiB"]
    return [*notes, f"large, and uploaded: {largest}; .gitignore keeps it here"] if large else notes


def check_token(environment: Mapping[str, str], home: Path) -> list[str]:
    """What should be known of the cluster's token; it is not read here.

    Raises:
        BadInput: where there is none.
    """
    if environment.get("RAY_AUTH_TOKEN"):
        return []
    file = Path(environment.get("RAY_AUTH_TOKEN_PATH") or home / ".ray" / "auth_token")
    if not file.is_file():
        raise BadInput(
            f"no token for the cluster: neither RAY_AUTH_TOKEN nor {file} is there; put the head's "
            "(`ray get-auth-token`) into that file, and chmod 600 it"
        )
    others = file.stat().st_mode & 0o077
    return [f"{file} can be read by others; chmod 600 {file}"] if others else []
