import ipaddress
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.errors import BadInput
from orchestrator.on_ray import session as module
from orchestrator.on_ray.session import session

SCRIPT = """
from orchestrator.on_ray.session import session  # first: see orchestrator/__init__.py
import psutil, ray

with session(cpus=1, gpus=0, address=None):
    ray.get(ray.remote(lambda: None).remote())
    own = [p.pid for p in psutil.Process().children(recursive=True)] + [psutil.Process().pid]
    for c in psutil.net_connections("inet"):
        if c.status == "LISTEN" and c.pid in own:
            print("listens", c.laddr.ip)
print("is over", ray.is_initialized())
"""


@pytest.mark.ray
def test_a_local_ray_listens_on_loopback_alone_and_keeps_its_token_to_its_owner(tmp_path):
    env = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=env | {"HOME": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    listeners = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("listens")]
    assert listeners
    addresses = [ipaddress.ip_address(text.removeprefix("::ffff:")) for text in listeners]
    assert all(address.is_loopback for address in addresses), listeners
    assert done.stdout.splitlines()[-1] == "is over False"
    token = tmp_path / ".ray" / "auth_token"
    assert len(token.read_text()) == 64
    assert stat.S_IMODE(token.stat().st_mode) == 0o600


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
