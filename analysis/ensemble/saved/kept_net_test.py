"""The net that is kept beside the log answers without training."""

from pathlib import Path

import numpy as np
import pytest

from analysis.ensemble import load
from orchestrator.data.synthetic import draw

pytestmark = pytest.mark.long

KEPT = Path(__file__).parents[3] / "results" / "nets" / "small"


def test_it_takes_less_than_600_kb():
    sizes = [file.stat().st_size for file in (KEPT / "ensemble").iterdir()]
    assert sum(sizes) <= 600_000


def test_it_answers_and_a_mirrored_face_much_alike():
    faces = draw(20, 0).images
    net = load(KEPT)
    answers, mirrored = net.predict(faces), net.predict(np.ascontiguousarray(faces[:, :, ::-1]))
    assert answers.shape == (20, 7)
    np.testing.assert_allclose(answers.sum(axis=1), 1.0, atol=1e-6)
    assert np.abs(answers - mirrored).mean() < 0.1  # trained on both
    assert answers.std(axis=0).max() > 0.02  # the face matters
