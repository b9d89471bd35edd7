import sysconfig

import pytest

from cluster.checks.files import REPOSITORY, Pins, Unreadable, described
from cluster.checks.image import hadolint, own_rules

PINS = Pins.of()
TEXT = (REPOSITORY / "cluster" / "Dockerfile").read_text()


def test_hadolint_names_its_rule_and_the_line():
    (problem,) = hadolint(described("FROM python:3.11.14\nWORKDIR opt\n", "image", PINS))
    assert problem.place == (2,)
    assert problem.actual == "DL3000 of hadolint"
    assert "absolute" in problem.remedy


def test_without_hadolint_that_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    with pytest.raises(Unreadable, match=r"hadolint: not installed.*pip install -e '.\[dev\]'"):
        hadolint(described(TEXT, "image", PINS))


def test_a_download_is_found_in_the_middle_of_a_command_but_not_in_a_comment():
    for text in ("RUN apt-get update \\\n    && curl -O https://example.org/x\n", "RUN wget x\n"):
        (problem,) = own_rules(described(TEXT + text, "image", PINS))
        assert problem.actual.startswith("a download")
    assert own_rules(described(TEXT + "# curl https://example.org\n", "image", PINS)) == []
