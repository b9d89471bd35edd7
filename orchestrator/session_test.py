import ipaddress
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
from orchestrator.session import session  # first: see orchestrator/__init__.py
import psutil, ray

with session(slots=1, gpus=0, address=None):
    ray.get(ray.remote(lambda: None).remote())
    mine = [p.pid for p in psutil.Process().children(recursive=True)] + [psutil.Process().pid]
    for c in psutil.net_connections("inet"):
        if c.status == "LISTEN" and c.pid in mine:
            print("listens", c.laddr.ip)
print("is over", ray.is_initialized())
"""


@pytest.mark.ray
def test_a_local_ray_listens_on_loopback_alone_and_keeps_its_token_to_its_owner(tmp_path):
    env = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=env | {"HOME": str(tmp_path)},
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("listens")]
    assert found
    addresses = [ipaddress.ip_address(text.removeprefix("::ffff:")) for text in found]
    assert all(address.is_loopback for address in addresses), found
    assert done.stdout.splitlines()[-1] == "is over False"
    token = tmp_path / ".ray" / "auth_token"
    assert len(token.read_text()) == 64
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
