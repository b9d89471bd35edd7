import io
import json
import os

from orchestrator.testing.stand_ins import tiny
from orchestrator.training.engines import ENGINES
from orchestrator.training.throughput import measure

BACKEND = os.environ.get("KERAS_BACKEND") or "tensorflow"


def test_speed_is_that_of_steps_and_not_of_compiling(monkeypatch):
    """Compiling takes longer than four steps: it must all be over when the clock starts."""
    compiled = []

    def watched(threads):
        engine = really(threads)
        epoch = engine.epoch

        def counted(*given):
            before = engine.programs
            result = epoch(*given)
            compiled.append(engine.programs - before)
            return result

        monkeypatch.setattr(engine, "epoch", counted)
        return engine

    really = ENGINES[BACKEND]
    monkeypatch.setitem(ENGINES, BACKEND, watched)
    measured = measure.speed(tiny(), 16, 4, BACKEND)
    first, second = compiled
    assert first >= 2  # training and prediction
    assert second == 0
    assert measured["images_per_second"] > 0
    assert measured["precision"] == "float32"
    # 3x3 kernels to 4 channels, their normalisation, and 8 x 8 x 4 values to 4 logits
    assert measured["parameters"] == 9 * 4 + 4 * 4 + 8 * 8 * 4 * 4 + 4


def test_command_names_what_it_measures_and_answers_in_its_last_line(monkeypatch, capsys):
    configs = [tiny().to_flat(), tiny(architecture="vgg16").to_flat()]
    task = {"backend": BACKEND, "configs": configs, "side": 16, "classes": 4}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(task)))
    measure.main()
    *names, answer = map(json.loads, capsys.readouterr().out.splitlines())
    assert names == [{"measuring": "CPF"}, {"measuring": "vgg16"}]
    assert set(answer) == {"CPF", "vgg16"}
    assert answer["CPF"]["images_per_second"] > 0
    assert "32x32" in answer["vgg16"]["error"]


def test_auto_precision_is_settled():
    measured = measure.speed(tiny(precision="auto"), 16, 4, BACKEND)
    assert measured["precision"] in ("float32", "mixed_bfloat16")
