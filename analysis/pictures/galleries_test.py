from analysis.pictures.galleries import evenly, right, rights, wrong, wrongs
from analysis.pictures.scenes_test import (
    ANSWERS,
    SCENES,
    answer,
    evidence_of,
    usual_cams,
)


def test_a_gallery_counts_what_it_shows_and_what_it_leaves_out(evidence):
    picture = wrong(evidence, 0, 1, shown=2)
    assert "2 of 3 shown, most confident first" in picture.caption
    assert picture.title == "angry called happy"
    assert picture.columns == {
        "trial": None,
        "split": "validation",
        "method": "gradcam",
        "label": 0,
        "prediction": 1,
        "summary": "2 of 3 shown, most confident first",
        "legend": evidence.describe(),
    }
    assert picture.caption.endswith(evidence.describe())


def test_more_faces_make_a_higher_picture_of_the_same_width(evidence):
    heights = [wrong(evidence, 0, 1, shown).height for shown in (1, 2, 3)]
    assert heights[2] - heights[1] == heights[1] - heights[0] == 144 + 6
    assert wrong(evidence, 0, 1, 1).width == wrong(evidence, 0, 1, 3).width


def test_columns_without_a_map_are_left_out(evidence):
    only = evidence_of(ANSWERS, [one for one in usual_cams() if one["rule"] == "prediction"])
    assert wrong(evidence, 0, 1).width - wrong(only, 0, 1).width == 864 - 592
    assert "(red)" in wrong(evidence, 0, 1).caption
    assert "(red)" not in wrong(only, 0, 1).caption


def test_there_is_a_gallery_of_every_confused_pair_the_commonest_first():
    more = [*ANSWERS, answer("c1", 2, 0, 0.9), answer("c2", 2, 1, 0.9), answer("c3", 2, 1, 0.8)]
    pictures = wrongs(evidence_of(more, []))
    pairs = [(p.columns.get("label"), p.columns.get("prediction")) for p in pictures]
    assert pairs == [(0, 1), (2, 1), (None, None)]  # the last sheet holds what was confused once


def test_confusions_with_one_image_share_sheets_of_twelve():
    sheets = wrongs(SCENES["thirty classes"]())
    assert [len(sheet.pieces.rows[0].cells) for sheet in sheets] == [12, 12, 6]
    assert [sheet.title for sheet in sheets] == [
        "Confusions with one image",
        "Confusions with one image, sheet 2",
        "Confusions with one image, sheet 3",
    ]
    assert sheets[0].pieces.rows[0].cells[0].lines[0] == "class 0 called class 1"


def test_the_pieces_of_a_mistake_are_the_face_the_three_maps_and_the_probabilities(evidence):
    (row,) = wrong(evidence, 0, 1).pieces.rows
    first = row.cells[0]
    assert [tile.label for tile in first.tiles] == ["face", "for happy", "for angry", "difference"]
    assert len({tile.face for tile in first.tiles}) == 1
    assert [tile.map is None for tile in first.tiles] == [True, False, False, False]
    assert first.lines == ("p(happy) 0.80, p(angry) 0.10", "image a2")
    assert not first.right


def test_nothing_wrong_makes_no_gallery():
    assert wrongs(SCENES["no wrong ones"]()) == []
    assert "0 of 0 shown" in wrong(SCENES["no wrong ones"](), 0, 1).caption


def test_there_is_a_gallery_of_every_recognised_class(evidence):
    assert [p.columns["label"] for p in rights(evidence)] == [0, 1, 2]
    assert [p.columns["label"] for p in rights(SCENES["no wrong ones"]())] == [1, 2]


def test_recognised_faces_are_taken_at_even_distances(evidence):
    assert evenly(list("abcdefghi"), 5) == list("acegi")
    assert evenly(list("ab"), 5) == ["a", "b"]
    assert "1 of 2 shown, from most to least confident, evenly" in right(evidence, 1, 1).caption
    assert "2 of 2 shown, from most to least confident." in right(evidence, 1, 2).caption
