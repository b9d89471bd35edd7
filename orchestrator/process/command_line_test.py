import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest

from orchestrator.errors import BadInput
from orchestrator.process.command_line import (
    Command,
    at_least_one,
    flag,
    like,
    not_empty,
    words_of,
)


@dataclass(frozen=True, kw_only=True)
class Common:
    """Flags that two programs share."""

    workers: int = flag("at once", default=2, metavar="N", check=at_least_one, group="running")
    quiet: bool = flag("say less", default=False, group="running")


@dataclass(frozen=True, kw_only=True)
class Order(Common):
    """Every kind of flag."""

    dish: str = flag("what to cook", required=True, positional=True, metavar="DISH")
    place: str | None = flag("where", check=not_empty)
    weight: float | None = flag("in kg")
    size: str = flag("how large", default="small", choices=("small", "large"))
    extras: tuple[str, ...] = flag(
        "on top", default=(), repeated=True, name="--with", check=lambda _, given: tuple(given)
    )
    notes: Mapping[str, str] = flag(
        "for the cook",
        default=dict,
        repeated=True,
        name="--note",
        check=lambda _, pairs: dict(pair.split(":") for pair in pairs),
    )
    wait: bool = flag("leave at once", default=True, name="--no-wait")
    derived: str = ""


ORDER = Command("python -m kitchen", Order, "Cooks.")
PLAIN = Order(dish="soup")
FULL = Order(
    dish="o'soup",
    place="by the window",
    weight=0.25,
    size="large",
    extras=("salt", "-odd one"),
    notes={},
    wait=False,
    workers=3,
    quiet=True,
)


def test_what_is_not_typed_is_as_by_default():
    assert ORDER.read(["soup"]) == PLAIN
    assert words_of(PLAIN) == ["soup"]


@pytest.mark.parametrize("order", [PLAIN, FULL, replace(FULL, wait=True, extras=())])
def test_a_command_can_be_pasted_and_asks_for_the_same(order):
    line = ORDER.line(order)
    assert line.startswith("python -m kitchen ")
    assert ORDER.read(shlex.split(line)[3:]) == order


def test_a_command_says_no_more_than_differs_and_can_leave_things_out():
    order = replace(PLAIN, weight=0.5, wait=False, quiet=True)
    assert ORDER.line(order) == "python -m kitchen soup --quiet --weight=0.5 --no-wait"
    assert ORDER.line(order, without=("quiet",)) == "python -m kitchen soup --weight=0.5 --no-wait"
    assert words_of(order, of=Common) == ["--quiet"]


def test_pairs_are_one_flag_each():
    assert words_of(replace(PLAIN, notes={"a": "1", "b": "2"})) == [
        *["soup", "--note=a=1", "--note=b=2"]
    ]
    assert ORDER.read(["soup", "--note=a:1", "--note", "b:2"]).notes == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "the following arguments are required: DISH; --help lists what there is"),
        (["soup", "--workers=0"], "--workers 0: expected a whole number of at least 1"),
        (["soup", "--workers=x"], "argument --workers: invalid int value: 'x'; --help lists"),
        (["soup", "--place="], "--place '': expected a text; is a variable of the shell empty?"),
        (["soup", "--size=huge"], "argument --size: invalid choice: 'huge'"),
        (["soup", "--wor=1"], "unrecognized arguments: --wor=1"),
        (["soup", "--no-wait=1"], "argument --no-wait: ignored explicit argument '1'"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(words, sentence):
    with pytest.raises(BadInput) as refusal:
        ORDER.read(words)
    assert str(refusal.value).startswith(sentence)


def test_words_that_are_none_of_its_flags_are_handed_on():
    assert ORDER.read_known(["soup", "--other", "--workers=3", "more"]) == (
        replace(PLAIN, workers=3),
        ["--other", "more"],
    )


def test_help_has_every_flag_its_default_and_its_group():
    text = ORDER.parser().format_help()
    assert "Cooks." in text
    assert "at once (default 2)" in text
    assert "how large (default small)" in text
    assert text.index("leave at once") < text.index("running:") < text.index("say less")


def test_a_shared_flag_may_have_another_default():
    @dataclass(frozen=True, kw_only=True)
    class More(Common):
        workers: int = like(Common, "workers", 9)

    command = Command("more", More, "")
    assert command.read([]).workers == 9
    assert "at once (default 9)" in command.parser().format_help()
    with pytest.raises(BadInput, match="--workers 0"):
        command.read(["--workers=0"])
