import pandas as pd

from analysis.report.conftest import regions, write
from analysis.report.sections.map_tables import (
    empty_part,
    explanation_notes,
    faithfulness_part,
    region_parts,
)
from analysis.report.sweep_contents import read

PM, TIMES, DASH = "\N{PLUS-MINUS SIGN}", "\N{MULTIPLICATION SIGN}", "\N{EN DASH}"


def test_shares_weigh_as_many_images_as_they_stand_for(full):
    (part,) = region_parts(read(full))
    words, overall, by_class = part.blocks
    assert "drawn" in words.words
    # 30 images with 0.2 and 10 with 0.4: (6 + 4) / 40 = 0.25, 2.5 times the area of 0.1.
    # Each half interval is 0.0196: sqrt(30² + 10²) / 40 of it is 0.0155.
    gradcam, uniform, centre = overall.rows
    assert gradcam == ("Grad-CAM", *[f"0.250 {PM}0.015 {TIMES}2.5"] * 5, "40")
    assert uniform[1:] == (*["0.100"] * 5, "")
    assert centre[1] == "0.150"
    assert by_class.rows[0] == ("happy, right", *[f"0.200 {PM}0.020 {TIMES}2.0"] * 5, "30")


def test_without_the_ensemble_a_member_speaks_and_is_named(full):
    write(full, "regions", [row | {"member": "aaa"} for row in regions()])
    (part,) = region_parts(read(full))
    assert "maps of member aaa" in part.blocks[1].caption


def test_regions_without_a_single_map_are_dashes(full):
    rows = [row | {"n": 0, "share": None, "low": None, "high": None} for row in regions()]
    write(full, "regions", rows)
    (part,) = region_parts(read(full))
    assert part.blocks[1].rows[0] == ("Grad-CAM", *[DASH] * 5, "0")


def test_methods_that_explained_only_a_sample_are_told_from_the_leading_one(full):
    fewer = [
        row | {"method": "layercam", "n": row["n"] // 10, "correct": row["label"] == 0}
        for row in regions()
    ]
    write(full, "regions", [*regions(), *fewer])
    (part,) = region_parts(read(full))
    _, overall, note, _ = part.blocks
    assert [row[-1] for row in overall.rows[:2]] == ["40", "4"]
    assert note.words.startswith("Grad-CAM rests on all 40 images; the other")
    assert "right or wrong answers (25 % of them wrong, by design)" in note.words  # 1 of 3 + 1
    contents = read(full)
    contents.post["explain"] = "all"
    assert len(region_parts(contents)[0].blocks) == 3


def counted(method, n, empty, member="ensemble", rule="prediction"):
    return {"member": member, "method": method, "rule": rule, "n": n, "empty": empty}


def test_a_method_with_empty_maps_explained_every_image_all_the_same(full):
    few = [row | {"method": "layercam", "n": row["n"] // 10} for row in regions()]
    hirescam = [row | {"method": "hirescam", "n": row["n"] - 5} for row in regions()]
    write(full, "regions", [*regions(), *hirescam, *few])
    counts = [counted("gradcam", 40, 0), counted("hirescam", 40, 10), counted("layercam", 4, 0)]
    write(full, "map_counts", counts)
    (part,) = region_parts(read(full))
    words = part.blocks[2].words
    assert words.startswith("Grad-CAM and HiResCAM rest on all 40 images (30 to 40 with a map);")


def test_empty_maps_are_counted_the_most_first_and_listed(full):
    counts = [
        counted("gradcam", 602, 70, "aaa"),
        counted("gradcam", 602, 1),
        counted("hirescam", 602, 0, "aaa"),
        counted("gradcam", 90, 90, "aaa", "contrast"),
        counted("layercam", 28, 2, "aaa"),
        counted("gradient", 28, 1, "bbb"),
    ]
    write(full, "map_counts", counts)
    words = explanation_notes(read(full))[-1].words
    assert words.startswith("Empty maps, zero everywhere, which say nothing of their image: ")
    assert "Grad-CAM of member aaa 70 of 602; LayerCAM of member aaa 2 of 28; " in words
    assert words.endswith("1 more, see the table of empty maps.")
    (part,) = empty_part(read(full))
    assert ("aaa", "Grad-CAM", "70", "602") in part.blocks[0].rows
    assert len(part.blocks[0].rows) == 4


def test_where_no_map_is_empty_that_is_said_and_where_nobody_counted_nothing_is(full):
    assert not any("empty" in note.words for note in explanation_notes(read(full)))
    write(full, "map_counts", [counted("gradcam", 40, 0)])
    assert explanation_notes(read(full))[-1].words == "No map is empty (zero everywhere)."
    assert empty_part(read(full)) == ()


def test_the_leading_method_is_named_with_its_reason_and_has_the_table_by_class(full):
    contents = read(full)
    contents.post["leading_method"] = {"method": "layercam", "reason": "LayerCAM leads: it won."}
    assert explanation_notes(contents)[0].words == "LayerCAM leads: it won."
    more = [row | {"method": "layercam"} for row in regions()]
    contents.tables["regions"] = pd.concat([contents.table("regions"), pd.DataFrame(more)])
    assert region_parts(contents)[0].blocks[-1].caption.endswith("wrong answers, LayerCAM")


def test_faithfulness_is_a_mean_with_its_interval_and_baselines_are_marked(full):
    sample, table, _ = faithfulness_part(read(full)).blocks
    assert sample.words == (
        "Means are over a sample drawn evenly over true class and right or wrong answers (about "
        "half of them wrong, by design), not over the split."
    )
    # 0.2 and 0.4: mean 0.3, standard error 0.1.
    assert table.heads == ("member", "method", "deletion ↓", "n")
    assert table.rows[0] == ("aaa", "Grad-CAM", f"0.300 {PM}0.196", "2")
    assert table.marked == {1}


def test_the_ensemble_is_judged_in_sight_and_its_members_are_folded_away(full):
    judged = [{"member": who, "method": "gradcam", "deletion": 0.2} for who in ("aaa", "ensemble")]
    write(full, "faithfulness", judged)
    _, own, _, others = faithfulness_part(read(full)).blocks
    assert [row[0] for row in own.rows] == ["ensemble"]
    assert [row[0] for row in others.rows] == ["aaa"]
    assert others.folded
    assert not own.folded
