"""A sweep on this machine's GPU, disturbed: `python -m cluster.chaos.gpu_check --help`.

Four trials at a time by shares of it, one killed, the driver interrupted, resumed, worked up. Says
what happens, with times, and a verdict; ends with 0 where all went as it has to. Without a GPU a
tiny net on the CPU's JAX proves that it runs.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path


def main(argv: Sequence[str] | None = None) -> int:
    """Run the check; 0 where all went as it has to."""
    parser = argparse.ArgumentParser(prog="python -m cluster.chaos.gpu_check", description=__doc__)
    parser.add_argument("--data", help="a data set; default: drawn faces")
    parser.add_argument("--share", help="of a GPU a trial, default 0.25, or 'measured'")
    parser.add_argument("--folder", help="for the sweep; default: a new temporary one")
    options = parser.parse_args(argv)
    # After the words are read: `--help` answers at once.
    from cluster.chaos.disturbed_gpu import SHARE, disturbed, sandbox_for

    folder = Path(options.folder or tempfile.mkdtemp(prefix="gpu-")).absolute()
    sandbox = sandbox_for(folder, options.data, options.share or SHARE)
    outcome = disturbed(sandbox, lambda line: print(line, flush=True))
    return 1 if outcome.differences else 0


if __name__ == "__main__":
    sys.exit(main())
