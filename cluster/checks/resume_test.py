"""What is said of a job's runtimeEnvYAML, whose text is YAML inside of YAML."""

from pathlib import Path

import pytest
import yaml

from cluster import check
from cluster.checks.files import REPOSITORY, Pins

PINS = Pins.of()
SIGNAL = "RAY_JOB_STOP_SIGNAL: SIGINT"
WAIT = f"env_vars: {{{SIGNAL}, RAY_JOB_STOP_WAIT_TIME_S"
WRONG = {"soon": '"soon"', "[60]": "[60]", "": "nothing", ".nan": "nan"}
"""Seconds to wait that are none -> as the sentence quotes them."""

NO_MAPPING = 'expected a mapping, in it env_vars: {NAME: "value"}; write it so'
TOO_SHORT = 'expected at least "10" seconds; write it under env_vars'


def described(folder: Path, **changes: str) -> Path:
    """The shipped job with other values in its spec."""
    text = (REPOSITORY / "cluster/kuberay/rayjob.yaml").read_text()
    objects = list(yaml.safe_load_all(text))
    (job,) = [each for each in objects if each["kind"] == "RayJob"]
    job["spec"] |= changes
    file = folder / "mine.yaml"
    file.write_text(yaml.safe_dump_all(objects))
    return file


@pytest.mark.parametrize(
    ("text", "actual", "expected"),
    [
        ("env_vars: [", "what is no YAML mapping", NO_MAPPING),
        ("SIGINT", "what is no YAML mapping", NO_MAPPING),
        ("since: 2026-99-99", "what is no YAML mapping", NO_MAPPING),
        ("env_vars: [SIGINT]", "env_vars ['SIGINT']", NO_MAPPING),
        ("env_vars:", "env_vars nothing", NO_MAPPING),
        (f"env_vars: {{{SIGNAL}}}", "RAY_JOB_STOP_WAIT_TIME_S nothing", TOO_SHORT),
        *[
            (f"{WAIT}: {value}}}", f"RAY_JOB_STOP_WAIT_TIME_S {quoted}", TOO_SHORT)
            for value, quoted in WRONG.items()
        ],
    ],
)
def test_a_runtime_environment_that_stops_no_sweep_in_time_is_one_sentence(
    text: str, actual: str, expected: str, tmp_path: Path
) -> None:
    file = described(tmp_path, runtimeEnvYAML=text)
    (sentence,) = check.check(file, PINS)
    assert sentence.startswith(f"{file}:")
    assert f": spec.runtimeEnvYAML: found {actual}, {expected}" in sentence


def test_a_job_without_a_runtime_environment_lacks_both_settings(tmp_path: Path) -> None:
    first, second = check.check(described(tmp_path, runtimeEnvYAML=""), PINS)
    assert "found RAY_JOB_STOP_SIGNAL nothing, expected SIGINT" in first
    assert "found RAY_JOB_STOP_WAIT_TIME_S nothing" in second
