"""A network cable between this machine and a piece of it that counts as another; it can be cut."""

import os
import subprocess
import time
from types import TracebackType
from typing import Self

import psutil


class NetworkLink:
    """A network namespace with a cable to it; needs root and the command `ip`.

    Attributes:
        here: this machine's address on the cable.
        there: the other's.
        inside: words before a command that is to run on the other side.
    """

    def __init__(self) -> None:
        number = os.getpid() % 65536
        self._space, self._end, self._far = (f"{kind}{number}" for kind in ("fer", "fera", "ferb"))
        subnet = f"10.{201 + number % 50}.{number // 50 % 250}"
        self.here, self.there = f"{subnet}.1", f"{subnet}.2"
        self.inside = ("ip", "netns", "exec", self._space)

    def __enter__(self) -> Self:
        try:
            _ip("netns", "add", self._space)
            _ip("link", "add", self._end, "type", "veth", "peer", "name", self._far)
            _ip("link", "set", self._far, "netns", self._space)
            _ip("addr", "add", f"{self.here}/24", "dev", self._end)
            _ip("link", "set", self._end, "up")
            _ip("-n", self._space, "addr", "add", f"{self.there}/24", "dev", self._far)
            _ip("-n", self._space, "link", "set", "lo", "up")
            self.restore()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in _ip("netns", "pids", self._space, check=False).split():
            if psutil.pid_exists(int(process)):
                psutil.Process(int(process)).kill()
        _ip("link", "del", self._end, check=False)
        time.sleep(0.2)  # of what was killed the system lets go in its own time
        _ip("netns", "del", self._space, check=False)

    def cut(self) -> None:
        """Nothing passes; who waits for the other side is not told."""
        # The far end: with the near one down, this machine would lose its own address too.
        _ip("-n", self._space, "link", "set", self._far, "down")

    def restore(self) -> None:
        """All passes."""
        _ip("-n", self._space, "link", "set", self._far, "up")


def _ip(*words: str, check: bool = True) -> str:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout
