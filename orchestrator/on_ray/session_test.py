"""Whom a session refuses to join; where a Ray of its own listens: own_ray_test.py."""

import socket

import pytest

from orchestrator.errors import BadInput
from orchestrator.on_ray import session as module
from orchestrator.on_ray.session import session


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:8265", "ray://127.0.0.1:10001", "nonsense", ":6379", "here:70000", "local"],
)
def test_what_is_no_heads_address_is_refused_at_once(address: str) -> None:
    with pytest.raises(BadInput, match=r"HOST:PORT.*cluster\.submit"), session(1, 0, address):
        pass


@pytest.mark.parametrize("by_variable", [False, True])
def test_a_head_where_nobody_listens_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch, by_variable: bool
) -> None:
    monkeypatch.setattr(module, "HEAD_S", 0.0)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = f"127.0.0.1:{taken.getsockname()[1]}"
    if by_variable:  # as `ray_current_cluster` does after a cluster that died
        monkeypatch.setenv("RAY_ADDRESS", free)
    address = "auto" if by_variable else free
    with (
        pytest.raises(ConnectionError, match=r"no Ray cluster answers at .*name the head"),
        session(1, 0, address),
    ):
        pass
