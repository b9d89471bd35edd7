"""What a layer gives, seen or exchanged while a model runs."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from keras import layers as kinds


@contextlib.contextmanager
def hooked(
    layers: Iterable[kinds.Layer], hook: Callable[[kinds.Layer, Any, Any], Any]
) -> Iterator[None]:
    """While the block runs, `hook(layer, given, made)` gives what these layers give instead."""
    with contextlib.ExitStack() as stack:
        for layer in layers:
            stack.enter_context(_hooked(layer, hook))
        yield


@contextlib.contextmanager
def _hooked(layer: kinds.Layer, hook: Callable[[kinds.Layer, Any, Any], Any]) -> Iterator[None]:
    before = layer.call
    own = "call" in vars(layer)

    def call(*args: Any, **kwargs: Any) -> Any:
        return hook(layer, args[0] if args else None, before(*args, **kwargs))

    layer.call = call
    try:
        yield
    finally:
        if own:
            layer.call = before
        else:
            del layer.call


@contextlib.contextmanager
def captured(layer: kinds.Layer) -> Iterator[list[Any]]:
    """What the layer gives while the block runs; a layer used twice shows its last use."""
    given: list[Any] = []

    def hook(_: kinds.Layer, __: Any, made: Any) -> Any:
        given[:] = [made]
        return made

    with hooked([layer], hook):
        yield given
