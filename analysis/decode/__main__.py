"""What a reported loss and "accuracy" mean in k-class accuracy.

    python -m analysis.decode --loss 1.2933 --accuracy 0.8852

The answer comes first, then how sure it is, then how it was obtained.
"""

import sys
from collections.abc import Sequence

from analysis.decode.request import COMMAND, DecodeRequest
from orchestrator.process.exit_code import exit_code


def main(argv: Sequence[str] | None = None) -> int:
    """0 done, 1 failed, 2 bad input, 130 interrupted."""
    return exit_code(lambda: _decode(COMMAND.read(argv)))


def _decode(request: DecodeRequest) -> int:
    from analysis.decode.curve import epochs_of, shipped_epochs  # brings pandas along
    from analysis.decode.reading import read

    epochs = epochs_of(request.results) if request.results else shipped_epochs()
    print("\n".join(read(request.loss, request.accuracy, request.classes, epochs).lines()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
