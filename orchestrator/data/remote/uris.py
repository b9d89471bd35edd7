"""URIs in place of paths: how they are told apart, shown, and kept free of credentials."""

import os

from orchestrator.errors import BadInput
from orchestrator.process.surroundings.local_path import absolute as absolute
from orchestrator.process.surroundings.local_path import is_uri as is_uri
from results.storage.secrets import has_login, secret_settings


def shown(place: str | os.PathLike[str]) -> str:
    """A URI as people may see it: without settings, which follow "?"; a path as it is."""
    text = os.fspath(place)
    if not is_uri(text):
        return text
    bare = text.partition("?")[0]
    if not has_login(text):
        return bare
    scheme, _, rest = bare.partition("://")
    # A secret may hold "/" and "?", so nothing before the last "@" is shown, or nothing at all.
    behind = rest.rpartition("@")
    return f"{scheme}://{behind[2]}" if behind[1] else f"{scheme}://..."


def check(uri: str) -> None:
    """Refuse a URI that carries credentials: it would stand in tables, logs and reports.

    Raises:
        BadInput: if it does.
    """
    settings = secret_settings(uri)
    if settings or has_login(uri):
        raise BadInput(
            f"{shown(uri)}: the URI carries credentials ({', '.join(settings) or 'before the @'}), "
            "which would stand in logs and tables; put them into the environment or give the "
            "machine a role, and leave them out of the URI"
        )
