"""The sweep's command with nothing trained; python -m cluster.chaos.fake_driver takes the same."""

import sys
from typing import TYPE_CHECKING

from orchestrator import sweep

if TYPE_CHECKING:
    from orchestrator.on_ray.trial import Trial


def _fake_trial() -> "type[Trial]":
    from cluster.chaos.fake_training import FakeTrial  # brings Ray along, like all that trains

    return FakeTrial


if __name__ == "__main__":
    sys.exit(sweep.main(trainable=_fake_trial))
