r"""The sweep as a job on a cluster.

    ray job submit --address http://HEAD:8265 --working-dir . -- \
        python -m jobs.sweep architectures --data /shared/fer2013.zip --results /shared/fer \
            --name first

Takes what `python -m orchestrator.sweep` takes; joins the cluster that the job runs on. With a
name it goes on with the sweep of that name where there is one, since clusters start a job again.
"""

import sys
from collections.abc import Sequence

from orchestrator import sweep

SAYS_ITSELF = ("--resume", "--go-on", "--dry-run", "--list")
"""With any of these among the words, it is not for us to say what a name means."""


def main(argv: Sequence[str] | None = None) -> int:
    """The sweep's exit code: 0 done, 1 failed, 2 bad input, 130 interrupted."""
    return sweep.main(as_a_job(sys.argv[1:] if argv is None else argv))


def as_a_job(words: Sequence[str]) -> list[str]:
    """A sweep's command line, with what a cluster's job adds unless it is said."""
    flags = {word.partition("=")[0] for word in words}
    added = [] if "--address" in flags else ["--address", "auto"]
    if "--name" in flags and not flags & set(SAYS_ITSELF):
        added.append("--go-on")
    return [*words, *added]


if __name__ == "__main__":
    sys.exit(main())
