import pytest

from orchestrator.training.throughput.concurrent import Concurrent
from orchestrator.training.throughput.gpu_share import choose


def scripted(*results):
    """What gives these images/s, or failures, for 1, 2, 4 processes; and what it was called for."""
    counts = []

    def measure(count):
        result = results[len(counts)]
        counts.append(count)
        if isinstance(result, str):
            return Concurrent(count, failure=result)
        return Concurrent(count, images_per_second=result)

    return measure, counts


@pytest.mark.parametrize(
    ("results", "share", "measured"),
    [
        ((1000.0, 1500.0, 2000.0), 0.25, [1, 2, 4]),
        ((1000.0, 1500.0, 1600.0), 0.5, [1, 2, 4]),  # 1.07 times the best before
        ((1000.0, 1050.0), 1.0, [1, 2]),  # 4 are not tried where 2 gain nothing
        ((1000.0, 1100.0, 1000.0), 0.5, [1, 2, 4]),  # a tenth more is enough
        ((1000.0, "out of memory"), 1.0, [1, 2]),
        (("no such device",), 1.0, [1]),
    ],
)
def test_as_many_share_a_gpu_as_train_a_tenth_more_than_fewer(results, share, measured):
    measure, counts = scripted(*results)
    assert choose(measure).share == share
    assert counts == measured


def test_the_evidence_says_what_was_measured():
    measure, _ = scripted(115_000.4, 131_000.0, "RESOURCE_EXHAUSTED: out of memory")
    assert choose(measure).evidence == (
        "measured: 1 at once 115000 images/s, 2 at once 131000 images/s, 4 at once failed: "
        "RESOURCE_EXHAUSTED: out of memory; more are taken from a gain of 10%"
    )
