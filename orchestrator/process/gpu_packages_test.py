import pytest

from orchestrator.process.gpu_packages import cudnn_note, sees_none


def test_a_gpu_that_is_not_seen_is_a_sentence_with_what_to_look_at_and_install(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    there = {"jax": "0.10.2", "jaxlib": "0.10.2"}
    assert sees_none("jax", 0.25, "no driver", there.get) == (
        "each trial was given 0.25 of a GPU, but jax sees none where trials run (installed: jax "
        "0.10.2, jaxlib 0.10.2; not: jax-cuda12-plugin, jax-cuda13-plugin; CUDA_VISIBLE_DEVICES 3; "
        "it says: no driver); see that nvidia-smi answers there, and pip install -e '.[cuda12]' "
        "(or .[cuda13], for drivers of CUDA 13); --gpus-per-trial 0 trains on the CPU"
    )
    assert "tensorflow[and-cuda]" in sees_none("tensorflow", 1.0, "", {}.get)


@pytest.mark.parametrize(
    ("installed", "told"),
    [("9.23.1.7", True), ("8.9", True), ("9.24.0", False), ("10.0", False), (None, False)],
)
def test_an_old_cudnn_is_told_of(installed, told):
    note = cudnn_note({"nvidia-cudnn-cu12": installed}.get)
    assert bool(note) == told
    assert ("nvidia-cudnn-cu12>=9.24" in note) == told
