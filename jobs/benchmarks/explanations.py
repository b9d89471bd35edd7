"""How fast trained nets are asked: predictions and Grad-CAM of all validation images."""

import time
from collections.abc import Iterator

from jobs.benchmarks.row import Row, median_and_spread
from jobs.benchmarks.setup import Measurement, Setup

MEMBERS = 7


def explanations(setup: Setup) -> Iterator[Row]:
    """Seven members of one architecture, with the weights that they begin with."""
    config = setup.config()  # before Keras: opens the engine, which settles Keras' backend
    try:
        from analysis.explain.methods.gradcam import WEIGHING
        from analysis.explain.network import Network
        from orchestrator.models.catalogue import Options, build
    except ImportError as problem:
        yield Row("explain", "Grad-CAM", note=f"skipped: {problem}")
        return
    images = setup.inputs.validation
    shape = (*images.shape[1:], 1)
    options = Options(width=config.width, dropout=config.dropout)
    times = list[float]()
    for _ in range(MEMBERS):
        began = time.perf_counter()
        network = Network(build("vgg", shape, len(setup.inputs.classes), options))
        network.weighed(images, None, [WEIGHING])
        times.append(time.perf_counter() - began)
    median, spread = median_and_spread(times)
    yield Row(
        "explain",
        f"predictions and Grad-CAM of {MEMBERS} vgg",
        first_seconds=times[0],
        images_per_second=len(images) / median,
        n=MEMBERS,
        spread=spread,
        note=f"{sum(times):.1f} s for {len(images):,} images by all members, compiling included",
        more={"times": times},
    )


ROWS: dict[str, Measurement] = {"explain": explanations}
