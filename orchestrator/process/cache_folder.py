"""Where this product keeps what can be made again: data sets read once, compiled programs."""

import os
from pathlib import Path


def default_cache() -> Path:
    """$ORCHESTRATOR_CACHE, else fer-orchestrator in $XDG_CACHE_HOME, else in ~/.cache."""
    own = os.environ.get("ORCHESTRATOR_CACHE")
    if own:
        return Path(own).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "fer-orchestrator"
