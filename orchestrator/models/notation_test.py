import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.config import CHOICES
from orchestrator.errors import BadInput
from orchestrator.models.notation import LIMIT, NAMED, Symbol, canonical, check, parse


def test_letters_counts_and_positions() -> None:
    assert parse("CP12RF") == (
        Symbol("C", 1, 1),
        Symbol("P", 1, 2),
        Symbol("R", 12, 5, counted=True),
        Symbol("F", 1, 6),
    )


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("CXF", 2, "'X': unknown letter; known: C convolution, P pooling"),
        ("CpF", 2, "'p': unknown letter; the letters are capitals: P?"),
        ("C F", 2, "' ': unknown letter"),
        ("C²F", 2, "'²': unknown letter"),
        ("CFC", 3, "'C': fully connected layers (F) come last"),
        ("CPFPF", 4, "'P': fully connected layers (F) come last"),
        ("CPC", 3, "'C': the last layer must be F"),
        ("CPF3", 4, "'3': a count needs a letter after it"),
        ("0CF", 1, "'0': a count begins with 1 to 9"),
        ("C02PF", 2, "'0': a count begins with 1 to 9"),
        ("C129F", 5, f"more than {LIMIT} layers"),
        ("C9999RF", 2, f"more than {LIMIT} layers"),
        ("C" * LIMIT + "F", LIMIT + 1, f"more than {LIMIT} layers"),
        ("FF", 1, "a layer that makes feature maps (C, I, R) must come before"),
        ("PNF", 3, "a layer that makes feature maps (C, I, R) must come before"),
    ],
)
def test_an_invalid_string_is_refused_with_position_and_reason(
    text: str, position: int, reason: str
) -> None:
    with pytest.raises(BadInput) as caught:
        parse(text)
    assert f"position {position}, " in str(caught.value)
    assert reason in str(caught.value)


def test_an_empty_string_and_an_endless_count_are_refused() -> None:
    with pytest.raises(BadInput, match="empty"):
        parse("")
    with pytest.raises(BadInput, match="layers") as caught:
        parse("C" + "9" * 10_000 + "RF")
    assert len(str(caught.value)) < 200


def test_the_largest_string_is_valid() -> None:
    assert parse(f"{LIMIT - 1}CF")[0].count == LIMIT - 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2CP2F", "CCPFF"),
        ("CCPRRF", "CCP2RF"),
        ("3R4RF", "3R4RF"),
        ("7RF", "7RF"),
        ("RRRRRRRF", "7RF"),
        ("3RRF", "3R1RF"),
        ("RPRF", "1RP1RF"),
    ],
)
def test_one_spelling_for_each_network(text: str, expected: str) -> None:
    assert canonical(text) == expected
    assert canonical(expected) == expected


@given(st.text(alphabet="CPNIRF0123456789xé", max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        symbols = parse(text)
    except BadInput:
        with pytest.raises(BadInput):
            check(text)
        return
    check(text)
    assert all(text[s.position - 1] == s.letter for s in symbols)
    assert text.endswith("F")


def test_every_named_string_is_valid_and_a_known_model() -> None:
    for name, text in NAMED.items():
        assert parse(text)
        assert name in CHOICES["architecture"]


def test_known_is_a_name_or_a_valid_string() -> None:
    for name in (*CHOICES["architecture"], "CPNCPNCPCFF"):
        check(name)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(BadInput, match=r"position 1, 'v'.*named models are cnn5, .*vgg16"):
        check("vggg")


def test_the_driver_can_read_the_notation_without_keras() -> None:
    modules = (
        "orchestrator.models.notation, orchestrator.models.options, orchestrator.models.layer_sizes"
    )
    code = f"import sys, {modules}; sys.exit('keras' in sys.modules or 'tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
