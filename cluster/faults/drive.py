"""The sweep's command, rehearsed: python -m cluster.faults.drive takes what it takes."""

import sys

from cluster.faults.rehearsal import Rehearsal
from orchestrator import sweep

if __name__ == "__main__":
    sys.exit(sweep.main(trainable=Rehearsal))
