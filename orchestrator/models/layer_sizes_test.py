import pytest

from orchestrator.errors import BadInput
from orchestrator.models.layer_sizes import LayerSize, Style, layer_sizes


def column(text: str, letter: str, field: str) -> list[int]:
    return [getattr(s, field) for s in layer_sizes(text, 48, Style()) if s.letter == letter]


def names(text: str, field: str) -> list[str]:
    return [s.name for s in layer_sizes(text, 48, Style()) if getattr(s, field)]


def test_filters_double_after_every_pooling_up_to_512() -> None:
    assert column("CCPCPCPCPCPF", "C", "size") == [32, 32, 64, 128, 256, 512]
    assert column("CPCPCPCPCCPF", "C", "size")[-1] == 512


def test_a_pooling_of_the_bare_image_doubles_nothing() -> None:
    assert column("PCPCF", "C", "size") == [32, 64]


def test_residual_stages_double_and_halve() -> None:
    assert column("3R4R6R3RPF", "R", "size") == [32] * 3 + [64] * 4 + [128] * 6 + [256] * 3
    strided = [s.name for s in layer_sizes("3R4R6R3RPF", 48, Style()) if s.strides == 2]
    assert strided == ["r4", "r8", "r14"]


def test_after_a_pooling_a_residual_stage_does_not_halve_again() -> None:
    assert column("2RP2RPF", "R", "strides") == [1, 1, 1, 1]
    assert column("2RP2RPF", "R", "size") == [32, 32, 64, 64]


def test_inception_modules_grow_by_32_up_to_the_seventh() -> None:
    expected = [32, 64, 96, 128, 160, 192, 224, 224]
    assert column("CIPIIPIIPIIIPF", "I", "size") == expected


def test_the_pooling_before_f_is_the_global_average_only_behind_i_or_r() -> None:
    assert layer_sizes("CPRPF", 48, Style())[-2] == LayerSize("P", "p2", dropout=True)
    assert layer_sizes("CPCPF", 48, Style())[-2].window == 2
    assert column("CRPPF", "P", "window") == [2, 0]


def test_dropout_follows_pooled_convolutions_the_global_average_and_hidden_layers() -> None:
    assert names("CPIPRPFFF", "dropout") == ["p1", "p3", "f1", "f2"]
    kim = Style(dropout_after_pooling=False, dropout_after_each_hidden=False)
    assert [s.name for s in layer_sizes("CPCPFFF", 48, kim) if s.dropout] == ["f2"]


@pytest.mark.parametrize(
    ("text", "layer"), [("CCPCF", "c3"), ("CIPNF", "i1"), ("3R4RPF", "r7"), ("RCIPF", "i1")]
)
def test_activation_maps_come_from_the_last_layer_that_makes_features(
    text: str, layer: str
) -> None:
    assert names(text, "last_feature") == [layer]


def test_only_the_last_f_is_the_output() -> None:
    assert column("CFFF", "F", "size") == [256, 256, 0]


def test_too_many_poolings_are_refused_with_their_position() -> None:
    assert len(layer_sizes("C6PF", 48, Style())) == 8  # 48 24 12 6 3 2 1
    with pytest.raises(BadInput, match=r"position 8, 'P': too many poolings"):
        layer_sizes("CPPPPPPPF", 48, Style())
    with pytest.raises(BadInput, match=r"position 6, 'R': too many poolings"):
        layer_sizes("CP1R1RF", 2, Style())
