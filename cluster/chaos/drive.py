"""The sweep's command, rehearsed: python -m cluster.chaos.drive takes what it takes."""

import sys

from cluster.chaos.fake_training import Rehearsal
from orchestrator import sweep

if __name__ == "__main__":
    sys.exit(sweep.main(trainable=Rehearsal))
