"""Where files can be: a folder of this machine, or a URI that pyarrow or fsspec knows."""

import errno
import os
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

import pyarrow as pa
import pyarrow.fs as pafs

from results.storage.secrets import has_login, secret_settings

FLAT = ("s3", "gcs", "abfs")
"""File systems without folders: making one would only cost a request."""

S3_SETTINGS = ("region", "scheme", "endpoint_override", "tls_ca_file_path")
"""What may follow the "?" of an s3:// URI."""

CONNECT_S = 5.0
"""How long a server may take to accept a connection."""

_GCS_RETRY_S = 10


@dataclass(frozen=True)
class Location:
    """A place where files can be, opened.

    Attributes:
        shown: as the user wrote it, less the settings of the connection.
        settings: those, as a URI has them after its "?"; "" if there are none.
        files: the file system.
        base: the place's name there.
    """

    shown: str
    settings: str
    files: pafs.FileSystem
    base: str


def open_location(text: str) -> Location:
    """Opens a connection to a place; asks the network only for the region of an S3 bucket.

    Args:
        text: a folder, or a URI such as s3://bucket/folder?region=eu-central-1.

    Raises:
        ValueError: for a URI that nobody here knows, and for one with credentials in it.
        OSError: if the region of a bucket is asked for and nobody answers.
    """
    if "://" not in text:
        shown = text.rstrip("/") or "/"
        return Location(shown, "", pafs.LocalFileSystem(), os.path.abspath(shown))
    shown, _, settings = text.partition("?")
    scheme, _, rest = shown.partition("://")
    _check_uri(text)
    shown = f"{scheme}://{rest.rstrip('/')}"
    try:
        files, base = OPENERS.get(scheme, _open_any)(text)
    except FileNotFoundError as problem:
        raise ValueError(_no_place(shown, problem)) from problem
    except (pa.ArrowException, ValueError, ImportError, NotImplementedError) as problem:
        raise ValueError(_no_place(shown, problem)) from problem
    return Location(shown, settings, files, base)


def first_line(problem: BaseException) -> str:
    """The first line of what an exception says, to stand inside a sentence."""
    return (str(problem).splitlines() or [type(problem).__name__])[0].rstrip(".")


def _no_place(shown: str, problem: BaseException) -> str:
    return (
        f"{shown} is no place that results can go to ({first_line(problem)}); give a folder, or a "
        "URI such as s3://bucket/folder."
    )


def _check_uri(text: str) -> None:
    # What is refused is not repeated: messages go to logs and reports.
    scheme = text.partition("://")[0]
    if has_login(text) or secret_settings(text):
        raise ValueError(
            f"a place that begins with {scheme}:// has credentials in it, which would end up in "
            "logs and process lists; leave them out, and give them by the environment (for S3 "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY) or the machine's role."
        )
    try:
        urlsplit(text)
    except ValueError:
        raise ValueError(
            f"a place that begins with {scheme}:// is no URI; write it like s3://bucket/folder, "
            "without brackets in the bucket's name."
        ) from None


def s3_settings(query: str) -> dict[str, str]:
    """What follows the "?" of an s3:// URI, and the endpoint that the environment names, if any.

    The scheme of an endpoint stands in a setting of its own.
    """
    settings = dict(parse_qsl(query, keep_blank_values=True))
    named = (os.environ.get(name, "") for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"))
    endpoint = settings.get("endpoint_override") or next(filter(None, named), "")
    scheme, separator, host = endpoint.rpartition("://")
    if separator:
        settings["scheme"] = settings.get("scheme", scheme)
    return {**settings, "endpoint_override": host} if host else settings


def _open_s3(text: str) -> tuple[pafs.FileSystem, str]:
    parts = urlsplit(text)
    settings = s3_settings(parts.query)
    unknown = sorted(settings.keys() - set(S3_SETTINGS))
    fault = "it names no bucket" if not parts.netloc else ""
    if unknown:
        fault = f"unknown setting {unknown[0]}"
    if parts.fragment:  # it would end the name, and take the settings with it
        fault = 'it has a "#"; write %23'
    if fault:
        raise ValueError(f"{fault}; settings are {', '.join(S3_SETTINGS)}")
    if "region" not in settings:
        settings |= _region(parts.netloc, bool(settings.get("endpoint_override")))
    files = pafs.S3FileSystem(
        **settings,
        connect_timeout=CONNECT_S,
        # A small object then goes in one request in place of three.
        allow_delayed_open=True,
        allow_bucket_creation=False,
        # `results.storage.retry` tries again, and says so; twice would multiply the pauses.
        retry_strategy=pafs.AwsStandardS3RetryStrategy(max_attempts=1),
    )
    return files, f"{parts.netloc}{unquote(parts.path)}".rstrip("/")


def _region(bucket: str, elsewhere: bool) -> dict[str, str]:
    """The setting, where it is better not left to Amazon's library; that asks the machine."""
    chosen = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if elsewhere:  # most others take any region, and none can be asked for a bucket's
        return {} if chosen else {"region": "us-east-1"}
    try:
        return {"region": pafs.resolve_s3_region(bucket)}
    except OSError as problem:
        if chosen:
            return {}
        if "not found" in str(problem):
            raise FileNotFoundError(errno.ENOENT, f"there is no bucket {bucket}") from problem
        raise


def _open_gcs(text: str) -> tuple[pafs.FileSystem, str]:
    # Its client would go on trying for a quarter of an hour, in silence.
    own = "" if "retry_limit_seconds=" in text else f"retry_limit_seconds={_GCS_RETRY_S}"
    joint = "&" if "?" in text else "?"
    files, base = pafs.FileSystem.from_uri(f"{text}{joint}{own}" if own else text)
    return files, base


def _open_any(text: str) -> tuple[pafs.FileSystem, str]:
    try:
        files, base = pafs.FileSystem.from_uri(text)
    except pa.ArrowInvalid:
        from fsspec.core import url_to_fs  # slow, and seldom needed

        handler, base = url_to_fs(text)
        files = pafs.PyFileSystem(pafs.FSSpecHandler(handler))
    return files, base


OPENERS = {"s3": _open_s3, "gs": _open_gcs, "gcs": _open_gcs}
"""How a URI is opened by its scheme, where pyarrow's own way does not do; one line adds one."""
