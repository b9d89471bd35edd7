"""A bucket as obstore opens it: it writes under conditions, which pyarrow cannot.

Endpoint, region and credentials are those that pyarrow has for the same location.
"""

import configparser
import errno
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from obstore.exceptions import (
    BaseError,
    NotSupportedError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import GCSStore, ObjectStore, S3Store

from results.storage.locations import CONNECT_S, Location, s3_settings

if TYPE_CHECKING:  # these names are obstore's type checking alone
    from obstore.store import ClientConfig, GCSConfig, RetryConfig, S3Config

_ANSWER_S = 30.0
# `results.storage.retry` tries again, and says so; twice would multiply the pauses.
_ONE_TRY: "RetryConfig" = {"max_retries": 0}
_GCS_ENDPOINT = "CLOUD_STORAGE_EMULATOR_ENDPOINT"
# Where a machine is asked for its role's credentials: no answer means that it has no role.
_METADATA = re.compile(r"//(?:169\.254\.169\.254|metadata\.google\.internal|metadata/)")
# Of an answer its body is left out: a refused signature is explained with the request's headers.
_BODY = re.compile(r":?\s*(?:<|\n|$)")


def connect(location: Location) -> tuple[ObjectStore, str] | None:
    """The bucket of a location and the location's key in it; asks nobody yet.

    Returns:
        None for a kind of store that has no writes under conditions, or none that we know.

    Raises:
        OSError: for settings or credentials that obstore cannot use.
    """
    opener = _OPENERS.get(location.files.type_name)
    if opener is None:
        return None
    bucket, _, key = location.base.partition("/")
    try:
        return opener(bucket, location), key
    except (BaseError, ValueError) as problem:
        raise as_os_error(problem) from None


def as_os_error(problem: Exception) -> OSError:
    """What obstore raises, such that `results.storage.retry` knows whether it may pass."""
    text = _BODY.split(str(problem), maxsplit=1)[0]
    refused = isinstance(problem, (PermissionDeniedError, UnauthenticatedError))
    if refused or _METADATA.search(text):
        return PermissionError(errno.EACCES, text)
    unsupported = isinstance(problem, (NotSupportedError, NotImplementedError))
    if unsupported or "status code: 501" in text:
        return OSError(errno.EOPNOTSUPP, text)
    return OSError(text)


def _open_s3(bucket: str, location: Location) -> ObjectStore:
    settings = s3_settings(location.settings)
    endpoint = _url(settings)
    options = _client_options(endpoint)
    if "tls_ca_file_path" in settings:
        options["root_certificate"] = Path(settings["tls_ca_file_path"]).read_bytes()
    config: S3Config = {**_profile(), "region": location.files.region}
    if endpoint:  # of two obstore takes the one for S3 alone, even from the environment
        config["aws_endpoint_url_s3"] = endpoint
    return S3Store(bucket, config=config, client_options=options, retry_config=_ONE_TRY)


def _profile() -> "S3Config":
    """The keys of the user's profile, which obstore does not look for; none beside others."""
    if os.environ.get("AWS_ACCESS_KEY_ID"):
        return {}
    file = os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials"
    name = os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE") or "default"
    profiles = configparser.RawConfigParser()
    try:
        profiles.read(Path(file).expanduser())
    except (configparser.Error, UnicodeDecodeError):
        return {}
    keys = dict(profiles[name]) if profiles.has_section(name) else {}
    config: S3Config = {}
    if keys.get("aws_access_key_id") and keys.get("aws_secret_access_key"):
        config["access_key_id"] = keys["aws_access_key_id"]
        config["secret_access_key"] = keys["aws_secret_access_key"]
    if config and keys.get("aws_session_token"):
        config["session_token"] = keys["aws_session_token"]
    return config


def _open_gcs(bucket: str, location: Location) -> ObjectStore:
    endpoint = _url(dict(parse_qsl(location.settings))) or os.environ.get(_GCS_ENDPOINT, "")
    config: GCSConfig = {"skip_signature": "://anonymous@" in location.shown}
    if endpoint:
        config["base_url"] = endpoint
    options = _client_options(endpoint)
    return GCSStore(bucket, config=config, client_options=options, retry_config=_ONE_TRY)


def _url(settings: Mapping[str, str]) -> str:
    host = settings.get("endpoint_override", "")
    return f"{settings.get('scheme', 'https')}://{host}" if host else ""


def _client_options(endpoint: str) -> "ClientConfig":
    return {
        "allow_http": endpoint.startswith("http://"),
        "connect_timeout": f"{CONNECT_S:.0f}s",
        "timeout": f"{_ANSWER_S:.0f}s",
    }


_OPENERS: dict[str, Callable[[str, Location], ObjectStore]] = {"s3": _open_s3, "gcs": _open_gcs}
"""pyarrow's name of a kind of store -> how it is opened; one line adds one."""
