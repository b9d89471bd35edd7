"""What a user may ask of a backtest."""

from dataclasses import dataclass

from orchestrator.errors import BadInput
from orchestrator.process.command_line import Command, at_least_one, flag, not_empty, place


def numbers(text: str) -> tuple[int, ...]:
    """Comma-separated whole numbers, each once."""
    return tuple(dict.fromkeys(int(word) for word in text.split(",")))


def _numbers(name: str, text: str) -> str:
    """A check: comma-separated whole numbers from 1."""
    try:
        usable = min(numbers(text)) >= 1
    except ValueError:
        usable = False
    if not usable:
        raise BadInput(f"{name} {text!r}: expected whole numbers from 1, separated by commas")
    return text


def _orders(name: str, count: int) -> int:
    if count < 3:
        raise BadInput(f"{name} {count}: expected at least 3: random, ascending, descending")
    return count


def _seconds(name: str, seconds: float) -> float:
    if not 0 <= seconds < 1e9:
        raise BadInput(f"{name} {seconds:g}: expected a number of seconds from 0")
    return seconds


@dataclass(frozen=True, kw_only=True)
class BacktestRequest:
    """What is replayed, and how often."""

    results: str = flag(
        "a sweep's own folder, RESULTS/NAME, or a Parquet file of curves alone",
        required=True,
        positional=True,
        check=place,
    )
    trials: str | None = flag(
        "sizes of sweeps, drawn from the grid (default: all of its trials)",
        metavar="N,...",
        check=_numbers,
    )
    slots: str = flag("trials at once", default="1,2,4,8,16", metavar="N,...", check=_numbers)
    orders: int = flag(
        "orders of arrival, one of them ascending and one descending",
        default=32,
        metavar="N",
        check=_orders,
    )
    shown: int = flag(
        "trials at once in the tables and the picture", default=4, metavar="N", check=at_least_one
    )
    schedulers: str | None = flag(
        "these alone (default: all, Ray Tune's ASHA, and none)", metavar="NAME,...", check=not_empty
    )
    grace: int = flag("the first rung's epoch", default=1, metavar="N", check=at_least_one)
    factor: int = flag("one trial in this many goes on", default=3, metavar="N", check=at_least_one)
    start_seconds: float = flag(
        "what each start of a trial takes", default=0.0, metavar="S", check=_seconds
    )
    seed: int = flag("of the first order; the others' follow", default=0, metavar="N")
    out: str | None = flag(
        "folder of backtest.parquet and backtest.svg (default: beside RESULTS/NAME, or the file)",
        metavar="DIR",
        check=place,
    )
    curves: str | None = flag(
        "also write the curves alone, without any image", metavar="FILE.parquet", check=place
    )


COMMAND = Command(
    program="python -m jobs.backtest",
    takes=BacktestRequest,
    description="Recorded curves through every scheduler: what each spends, and what it loses.",
    epilog="Exit codes: 0 done, 1 failed, 2 bad input, 130 interrupted.",
)
