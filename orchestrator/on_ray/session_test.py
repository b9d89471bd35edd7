"""Whom a session refuses to join; where a Ray of its own listens: own_ray_test.py."""

import json
import os
import socket
import stat
import tempfile
from pathlib import Path

import pytest

from orchestrator.errors import BadInput
from orchestrator.on_ray import session as module
from orchestrator.on_ray.session import OWNER, private_folder, session
from results.journal import process_identity


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


@pytest.mark.parametrize("length", [18, 20, 21, 200])  # 20 + /fer-ray- + 8 + /r are 39
def test_a_folder_of_our_own_is_short_enough_for_a_socket(
    length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory(prefix="x", dir="/tmp") as parent:
        base = Path(parent, "y" * max(1, length - len(parent) - 1))
        base.mkdir()
        monkeypatch.setenv("RAY_TMPDIR", str(base))
        with private_folder() as folder:
            assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
            deepest = folder / "session_2026-11-27_23-42-29_595123_1234567/sockets/plasma_store"
            assert len(os.fsencode(deepest)) <= 103
            assert folder.parents[1] == (base if length <= 20 else Path("/tmp"))
        assert not folder.parent.exists()


def test_what_a_killed_process_left_is_removed_by_the_next_what_a_live_one_has_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as base:
        monkeypatch.setenv("RAY_TMPDIR", base)
        here = process_identity.identity()
        if not here["boot"]:
            pytest.skip("this system does not tell a dead process from a live one")
        for name, owner in {"dead": here | {"started": "1"}, "live": here, "other": {}}.items():
            Path(base, f"fer-ray-{name}").mkdir()
            Path(base, f"fer-ray-{name}", OWNER).write_text(json.dumps(owner))
        with private_folder():
            assert len(list(Path(base).iterdir())) == 3
        assert sorted(each.name for each in Path(base).iterdir()) == [
            "fer-ray-live",
            "fer-ray-other",
        ]


def test_a_token_that_is_there_stays_and_is_from_then_on_readable_by_its_owner_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    token = tmp_path / ".ray" / "auth_token"
    token.parent.mkdir()
    token.write_text("a" * 64)  # as Ray makes it
    token.chmod(0o644)
    module._own_token()
    assert token.read_text() == "a" * 64
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    assert "RAY_AUTH_TOKEN" not in os.environ
