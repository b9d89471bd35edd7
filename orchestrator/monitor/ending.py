"""What a run says last: its answer, where to read, the time it took."""

import shlex

from orchestrator.process.duration import duration
from results.paths import Paths


def ending_lines(folder: str, seconds: float, *, answer: str = "", report: bool = True) -> str:
    """The last lines of a run that ended well.

    Args:
        folder: the sweep's own, as it is shown.
        seconds: that the run took.
        answer: to the sweep's question, in a sentence; "" where nobody worked it out.
        report: whether there is one.
    """
    board = f"tensorboard --logdir {shlex.quote(f'{folder}/{Paths().tensorboard}')}"
    lines = [answer] if answer else []
    lines += [f"report       {folder}/{Paths().report}"] if report else []
    return "\n".join([*lines, f"TensorBoard  {board}", f"time         {duration(seconds)}"])
