r"""The sweep as a job on a cluster.

    ray job submit --address http://HEAD:8265 --working-dir . -- \
        python -m jobs.sweep architectures --data /shared/fer2013.zip --results /shared/fer

Takes what `python -m orchestrator.sweep` takes; joins the cluster that the job runs on.
"""

import sys
from collections.abc import Sequence

from orchestrator import sweep


def main(argv: Sequence[str] | None = None) -> int:
    """The sweep's exit code: 0 done, 1 failed, 2 bad input, 130 interrupted."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not any(word.split("=")[0] == "--address" for word in words):
        words += ["--address", "auto"]
    return sweep.main(words)


if __name__ == "__main__":
    sys.exit(main())
