import io
import json

import pytest

from orchestrator.testing import tiny
from orchestrator.training import measure
from orchestrator.training.tensorflow_engine import TensorflowEngine


def test_speed_is_that_of_steps_and_not_of_compiling(monkeypatch):
    """Compiling takes longer than the four steps; an epoch that compiles would show in the rate."""
    engines = []

    def watched(threads):
        engines.append(TensorflowEngine(threads))
        epochs = engines[0].epoch

        def epoch(order, rates):
            sums = epochs(order, rates)
            traces.append(engines[0].programs)
            return sums

        engines[0].epoch = epoch
        return engines[0]

    traces = []
    monkeypatch.setattr("orchestrator.training.tensorflow_engine.TensorflowEngine", watched)
    found = measure.speed(tiny(), 16, 4)
    first, last = traces[0], traces[-1]
    assert len(traces) == 2
    assert last - first <= 1  # the prediction's program, after the first epoch
    assert found["precision"] == "float32"
    # 3x3 kernels to 4 channels, batch normalisation, 8 x 8 x 4 values to 4 logits with bias
    assert found["parameters"] == 9 * 4 + 4 * 4 + 8 * 8 * 4 * 4 + 4
    assert found["images_per_second"] > 0


def test_command_answers_every_architecture_in_its_last_line(monkeypatch, capsys):
    configs = [tiny().to_flat(), tiny(architecture="vgg16").to_flat()]
    task = {"configs": configs, "side": 16, "classes": 4}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(task)))
    measure.main()
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(answer) == {"CPF", "vgg16"}
    assert answer["CPF"]["images_per_second"] > 0
    assert "32x32" in answer["vgg16"]["error"]


def test_auto_precision_is_settled():
    found = measure.speed(tiny(precision="auto"), 16, 4)
    assert found["precision"] in ("float32", "mixed_bfloat16")


@pytest.mark.parametrize("batch", [1, 16])
def test_noise_fills_the_steps(batch):
    assert len(measure._noise(batch, 16, 4).training) == measure.STEPS * batch
