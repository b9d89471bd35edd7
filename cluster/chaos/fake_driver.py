"""The sweep's command with nothing trained; python -m cluster.chaos.fake_driver takes the same."""

import sys

from cluster.chaos.fake_training import FakeTrial
from orchestrator import sweep

if __name__ == "__main__":
    sys.exit(sweep.main(trainable=FakeTrial))
