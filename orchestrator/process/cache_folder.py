"""Where this product keeps what can be made again: data sets read once, compiled programs."""

import os
from pathlib import Path


def place_library_caches() -> None:
    """Give Matplotlib a folder for its list of fonts where the user's home cannot be written.

    It would make one for each process, count the fonts anew, and say so in the terminal.
    https://matplotlib.org/stable/install/environment_variables_faq.html
    """
    home = os.path.expanduser(os.environ.get("XDG_CONFIG_HOME") or "~")
    if not os.access(home, os.W_OK):
        os.environ.setdefault("MPLCONFIGDIR", str(default_cache() / "matplotlib"))


def default_cache() -> Path:
    """$ORCHESTRATOR_CACHE, else fer-orchestrator in $XDG_CACHE_HOME, else in ~/.cache."""
    own = os.environ.get("ORCHESTRATOR_CACHE")
    if own:
        return Path(own).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "fer-orchestrator"
