"""Every shipped description passes, and each check can fail: a table of things gone wrong."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from cluster import check
from cluster.checks import problems
from cluster.checks.files import REPOSITORY, Pins, described
from cluster.checks.mutations_test import AWS, CLUSTER, GCP, JOB, NAMESPACE, ONPREM, shipped

PINS = Pins.of()
SHIPPED = [str(f.relative_to(REPOSITORY)) for f in check.shipped()]


@pytest.mark.parametrize("file", SHIPPED)
def test_a_shipped_description_is_in_order(file: str) -> None:
    assert check.check(REPOSITORY / file, PINS) == []


def test_no_name_in_a_file_reaches_the_terminal_as_a_command_to_it(tmp_path: Path, capsys) -> None:
    file = tmp_path / "mine.yaml"
    text = shipped(CLUSTER).text
    file.write_text(text.replace("enableInTreeAutoscaling:", '"x\\e[2J\\u202e":'))
    assert check.main([str(file)]) == 2
    output = capsys.readouterr().out
    assert "x\\x1b[2J\\u202e" in output
    assert output.replace("\n", "").isprintable()


def test_a_sentence_names_file_line_place_found_expected_and_remedy(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        shipped(CLUSTER).text.replace("enableInTreeAutoscaling: true", "suspend: false")
    )
    text = file.read_text().splitlines()
    line = text.index("kind: RayCluster") + 5  # apiVersion, kind, metadata, two of it, spec
    spec = next(n for n, words in enumerate(text, 1) if n >= line and words == "spec:")
    assert check.check(file, PINS) == [
        f"{file}:{spec}: spec.enableInTreeAutoscaling: found nothing, expected true; "
        "without it idle GPUs are never given back"
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [1, 2", ":1: "),
        ("kind: A\napiVersion: v1\nkind: B\n", ":3: the key kind stands here twice"),
        ("answer: 42\n", "neither a Kubernetes object"),
        ("", "neither a Kubernetes object"),
        ("a: &a [*a]\n", "an anchor contains itself"),
    ],
)
def test_what_is_no_description_is_refused(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    (sentence,) = check.check(file, PINS)
    assert sentence.startswith(str(file))
    assert words in sentence


def test_a_missing_file_and_a_picture_are_refused(tmp_path: Path) -> None:
    picture = tmp_path / "picture.yaml"
    picture.write_bytes(b"\x89PNG\xff")
    assert "No such file" in check.check(tmp_path / "none.yaml", PINS)[0]
    assert "not a text" in check.check(picture, PINS)[0]


def test_the_command_says_ok_or_the_sentences_and_ends_with_0_or_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(REPOSITORY)
    assert check.main([]) == 0
    assert capsys.readouterr().out.splitlines() == [f"{file}: ok" for file in SHIPPED]
    bad = tmp_path / "bad.yaml"
    bad.write_text(shipped(AWS).text.replace("type: aws", "type: aws\n  security_group: 3"))
    assert check.main([NAMESPACE, str(bad)]) == 2
    first, *rest = capsys.readouterr().out.splitlines()
    assert first == f"{NAMESPACE}: ok"
    assert rest
    assert all(line.startswith(str(bad)) for line in rest)


def test_bucket_and_machine_of_unknown_kind_are_accepted() -> None:
    job = shipped(JOB).text.replace("/shared/", "s3://bucket/")
    assert problems(described(job, "", PINS)) == []
    machine = shipped(AWS).text.replace("g5.2xlarge", "g99.huge")
    assert problems(described(machine, "", PINS)) == []


WRONG = (None, "x", -7, True, [], {}, ["x"], [{}], {"x": 1})
STRIDE = {JOB: 16, CLUSTER: 16}
"""Every so manieth pair of place and value is enough for the long files, every fourth for others.

Neither 16 nor 4 has a divisor in common with the number of values: every value comes."""


@pytest.mark.long
@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("file", [f for f in SHIPPED if f.endswith(".yaml")])
def test_no_value_of_a_wrong_type_breaks_a_check(file: str, every: bool) -> None:
    original = shipped(file)
    plain = json.dumps(original.objects)  # without YAML's anchors: one change stays one change
    pairs = [(n, wrong) for n in range(len(_places(json.loads(plain)))) for wrong in WRONG]
    for number, wrong in pairs[:: 1 if every else STRIDE.get(file, 4)]:
        objects = json.loads(plain)
        holder, key = _places(objects)[number]
        if holder is not objects:
            holder[key] = wrong
            problems(replace(original, objects=objects))  # whatever it finds, it ends


def _places(thing: Any) -> list[tuple[Any, Any]]:
    places: list[tuple[Any, Any]] = []
    if isinstance(thing, dict):
        items = list(thing.items())
    elif isinstance(thing, list):
        items = list(enumerate(thing))
    else:
        return places
    for key, value in items:
        places.append((thing, key))
        places += _places(value)
    return places


def test_ray_itself_accepts_the_descriptions_for_ray_up() -> None:
    util = pytest.importorskip("ray.autoscaler._private.util")
    for file in (AWS, GCP, ONPREM):
        prepared = util.prepare_config(yaml.safe_load(shipped(file).text))
        util.validate_config(prepared)
        assert prepared["max_workers"] >= 2
        installs = prepared["head_setup_commands"] + prepared["worker_setup_commands"]
        assert not installs  # of Ray's defaults nothing is left


def test_outside_of_the_repository_it_says_so_and_ends_with_2(tmp_path: Path) -> None:
    for package in ("cluster", "orchestrator", "results"):
        (tmp_path / package).symlink_to(REPOSITORY / package)
    # Python names a module's file by the path that it was found under, so this is an installed one.
    done = subprocess.run(
        [sys.executable, "-m", "cluster.check"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    file = tmp_path / "pyproject.toml"
    advice = "run this in the repository, not in an installed package"
    assert done.stderr == f"{file}: not there; {advice}\n"
