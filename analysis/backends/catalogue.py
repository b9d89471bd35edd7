"""The backends by Keras' name for them: a file and an entry add one."""

from collections.abc import Callable, Mapping

import keras

from analysis.backends.backend import Backend
from orchestrator.errors import BadInput


def _tensorflow() -> Backend:
    from analysis.backends import on_tensorflow

    return on_tensorflow


def _jax() -> Backend:
    from analysis.backends import on_jax

    return on_jax


BACKENDS: Mapping[str, Callable[[], Backend]] = {"tensorflow": _tensorflow, "jax": _jax}
"""Name -> what opens it; nothing of a library is imported before."""


def current() -> Backend:
    """That of this process, which Keras settled on when it was imported.

    Raises:
        BadInput: for one that we know nothing of.
    """
    name = str(keras.backend.backend())
    if name not in BACKENDS:
        names = " or ".join(BACKENDS)
        raise BadInput(f"Keras computes with {name}; set KERAS_BACKEND to {names}")
    return BACKENDS[name]()
