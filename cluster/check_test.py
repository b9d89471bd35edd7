"""Every shipped description passes, and each check can fail: a table of things gone wrong."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from cluster import check
from cluster.checks import CHECKS, problems
from cluster.checks.files import REPOSITORY, Description, Pins, Unreadable, described, read
from cluster.checks.pods import quantity
from cluster.checks.problem import spoken
from cluster.checks.starting import KNOWN, flags
from cluster.checks.testing import AWS, CLUSTER, FAULTS, GCP, JOB, NAMESPACE, ONPREM, Fault

PINS = Pins.of()
SHIPPED = [str(f.relative_to(REPOSITORY)) for f in check.shipped()]


def shipped(file: str) -> Description:
    return read(REPOSITORY / file, PINS)


def mutated(fault: Fault) -> Description:
    original = shipped(fault.file)
    assert fault.old in original.text
    text = original.text.replace(fault.old, fault.new)
    return described(text, original.family if original.family == "image" else "", PINS)


@pytest.mark.parametrize("file", SHIPPED)
def test_a_shipped_description_is_in_order(file: str) -> None:
    assert check.check(REPOSITORY / file, PINS) == []


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_is_named_by_its_check_in_one_sentence_with_its_place(fault: Fault) -> None:
    description = mutated(fault)
    own = set(CHECKS[description.family][fault.check](description))
    sentences = [
        p.sentence(fault.file, description.line(p.place)) for p in problems(description) if p in own
    ]
    assert any(fault.said in s for s in sentences), sentences
    for sentence in sentences:
        assert sentence.startswith(fault.file)
        assert "\n" not in sentence
        assert "found " in sentence
        assert "expected " in sentence


@pytest.mark.long
def test_every_check_has_a_fault_that_makes_it_fail() -> None:
    failing = {(shipped(f.file).family, f.check) for f in FAULTS}
    assert failing == {(family, name) for family, checks in CHECKS.items() for name in checks}


@pytest.mark.parametrize("file", SHIPPED)
def test_a_pin_outside_of_the_projects_range_is_found_whatever_the_file(file: str) -> None:
    other = replace(shipped(file), pins=Pins(PINS.ray, SpecifierSet(">=2.61")))
    said = [p.found for p in problems(other)]
    assert [f"ray=={PINS.ray} in cluster/constraints.txt"] == said or file == NAMESPACE


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


def test_a_place_is_spoken_as_people_write_it() -> None:
    assert (
        spoken((1, "spec", "workerGroupSpecs", 0, "replicas"))
        == "spec.workerGroupSpecs[0].replicas"
    )
    assert spoken((12,)) == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [1, 2", ":1: "),
        ("kind: A\napiVersion: v1\nkind: B\n", ":3: the key kind stands here twice"),
        ("answer: 42\n", "neither a Kubernetes object"),
        ("", "neither a Kubernetes object"),
        ("a: &a [*a]\n", "an anchor contains itself"),
    ],
)
def test_what_is_no_description_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    (sentence,) = check.check(file, PINS)
    assert sentence.startswith(str(file))
    assert said in sentence


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


def test_outside_of_the_repository_the_pins_are_missed(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="not there; run this in the repository"):
        Pins.of(tmp_path)
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster" / "constraints.txt").write_text("numpy==2.4.6\n")
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = ['numpy']\n")
    with pytest.raises(Unreadable, match="a line for ray in each"):
        Pins.of(tmp_path)


def test_pins_are_those_of_the_two_files() -> None:
    assert f"\nray=={PINS.ray}\n" in (REPOSITORY / "cluster" / "constraints.txt").read_text()
    assert PINS.ray in PINS.allowed


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("500m", 0.5),
        ("2", 2),
        (3, 3),
        ("1Gi", 2**30),
        ("1.5G", 1.5e9),
        ("10Ki", 10240),
        ("2P", 2e15),
    ],
)
def test_quantities_are_read_as_kubernetes_does(text: str | int, number: float) -> None:
    assert quantity(text) == number


def test_what_is_no_quantity_is_no_number() -> None:
    assert quantity("many") != quantity("many")
    assert quantity("1GB") != quantity("1GB")


def test_bucket_and_machine_of_unknown_kind_are_accepted() -> None:
    job = shipped(JOB).text.replace("/shared/", "s3://bucket/")
    assert problems(described(job, "", PINS)) == []
    machine = shipped(AWS).text.replace("g5.2xlarge", "g99.huge")
    assert problems(described(machine, "", PINS)) == []


def test_kuberays_own_network_policy_does_as_well() -> None:
    text = shipped(CLUSTER).text.split("---\n")[1]
    own = text.replace("  rayVersion", "  networkPolicy: {mode: DenyAllIngress}\n  rayVersion")
    assert problems(described(own, "", PINS)) == []
    assert problems(described(text, "", PINS)) != []


WRONG = (None, "x", -7, True, [], {}, ["x"], [{}], {"x": 1})
STEP = {JOB: 7, CLUSTER: 7}
"""Every so manieth place of the long files is enough."""


@pytest.mark.parametrize("file", [f for f in SHIPPED if f.endswith(".yaml")])
def test_no_value_of_a_wrong_type_breaks_a_check(file: str) -> None:
    original = shipped(file)
    plain = json.dumps(original.objects)  # without YAML's anchors: one change stays one change
    for number in range(0, len(_places(json.loads(plain))), STEP.get(file, 1)):
        for wrong in WRONG:
            objects = json.loads(plain)
            holder, key = _places(objects)[number]
            if holder is not objects:
                holder[key] = wrong
                problems(replace(original, objects=objects))  # whatever it finds, it ends


def _places(thing: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    if isinstance(thing, dict):
        items = list(thing.items())
    elif isinstance(thing, list):
        items = list(enumerate(thing))
    else:
        return found
    for key, value in items:
        found.append((thing, key))
        found += _places(value)
    return found


def test_ray_itself_accepts_the_descriptions_for_ray_up() -> None:
    util = pytest.importorskip("ray.autoscaler._private.util")
    for file in (AWS, GCP, ONPREM):
        prepared = util.prepare_config(yaml.safe_load(shipped(file).text))
        util.validate_config(prepared)
        assert prepared["max_workers"] >= 2
        installs = prepared["head_setup_commands"] + prepared["worker_setup_commands"]
        assert not installs  # of Ray's defaults nothing is left


def test_known_start_options_are_those_of_the_installed_ray() -> None:
    start = pytest.importorskip("ray.scripts.scripts").start
    options = {o for p in start.params for o in (*p.opts, *p.secondary_opts)}
    assert sorted(KNOWN) == sorted(o.removeprefix("--") for o in options if o.startswith("--"))


def test_start_options_are_read_with_their_values_up_to_the_end_of_the_command() -> None:
    command = "ulimit -n 9; A=b ray start --head --port=6379 --num-cpus 0\n; other --flag x"
    assert flags(command) == {"head": "", "port": "6379", "num-cpus": "0"}
