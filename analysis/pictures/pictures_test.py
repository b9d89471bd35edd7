"""What every picture keeps to, whatever it is given."""

import io
from functools import cache

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from analysis.pictures.class_mean_grid import class_mean_grid
from analysis.pictures.contact_sheet import contact_sheet
from analysis.pictures.feature_map_grid import feature_map_grid
from analysis.pictures.filter_grid import filter_grid
from analysis.pictures.galleries import right, rights, wrong, wrongs
from analysis.pictures.ideal_images import ideal_images
from analysis.pictures.method_comparison import method_comparison
from analysis.pictures.overview import overview
from analysis.pictures.picture import image_type
from analysis.pictures.scenes_test import ANSWERS, SCENES, evidence_of, mean_row, usual_cams
from results import schema


def means_of(evidence):
    rows = [
        mean_row(case.label, case.right, 12, [[0, 1], [0.5, 0]], member=evidence.member)
        for case in evidence.cases
        if evidence.has_maps
    ]
    return pd.DataFrame(rows, columns=schema.CLASS_MEANS.names)


def features_of(evidence):
    layers = {"c1": np.ones((6, 6, 3)), "cam": np.zeros((2, 2, 1))}
    return [
        feature_map_grid(evidence.face(case), layers, case, evidence.classes)
        for case in evidence.cases[:1]
    ]


KINDS = {
    "wrong": lambda e: [wrong(e, 0, 1)],
    "every wrong": wrongs,
    "right": lambda e: [right(e, 1)],
    "every right": rights,
    "overview": lambda e: [overview(e)],
    "contact sheet": lambda e: [contact_sheet(e)],
    "class means": lambda e: [class_mean_grid(means_of(e), e)],
    "between members": lambda e: [class_mean_grid(means_of(e), e, over="members")],
    "methods": lambda e: [method_comparison(e, ["gradcam", "occlusion"])],
    "feature maps": features_of,
    "filters": lambda e: [filter_grid(np.ones((3, 3, 1, 16)), "c1")],
    "ideal": lambda e: [ideal_images(np.ones((1, 4, 4)), {e.classes[0]: 1.0}, "its classes")],
}
"""Picture function -> all that it draws of an evidence."""


@cache
def drawn(kind, scene):
    """For the tests that only look at them."""
    return KINDS[kind](SCENES[scene]())


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_opens_has_its_size_and_says_what_it_shows(kind, scene):
    for picture in drawn(kind, scene):
        image = Image.open(io.BytesIO(picture.content))
        image.load()
        assert image.size == (picture.width, picture.height)
        assert picture.width * picture.height < 4e6
        assert image.format == {"jpg": "JPEG", "png": "PNG"}[picture.file[-3:]]
        assert picture.file.isascii()
        assert not set(picture.file) & set(' <>&|"\n:')
        assert len(picture.caption) > 60
        assert schema.table(schema.IMAGES, [picture.row()]).num_rows == 1


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_of_faces_has_its_pieces(kind, scene):
    for picture in drawn(kind, scene):
        rows = list(picture.pieces.table_rows(picture.file))
        assert schema.table(schema.TILES, rows).num_rows == len(rows)
        contents = [row[name] for row in rows for name in ("face", "map") if row.get(name)]
        assert all(image_type(content) == "image/png" for content in contents)
        assert max(map(len, contents), default=0) < 12_000  # of noise, 96 pixels long
        assert picture.caption.endswith(picture.columns.get("legend", ""))


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_evidence_gives_the_same_bytes(kind):
    first, second = drawn(kind, "usual"), KINDS[kind](SCENES["usual"]())
    assert [p.content for p in first] == [p.content for p in second]
    assert [p.pieces for p in first] == [p.pieces for p in second]


def test_galleries_of_one_method_share_one_legend_at_the_end_of_their_captions():
    evidence = SCENES["usual"]()
    for kind in ("every wrong", "every right", "overview", "contact sheet"):
        for picture in drawn(kind, "usual"):
            assert picture.columns["legend"] == evidence.describe()
            assert picture.caption.endswith(evidence.describe())


def test_no_two_pictures_of_a_post_processing_have_the_same_file():
    evidence = SCENES["usual"]()
    single = ("wrong", "right")  # the galleries of every pair and class hold them too
    every = [p.file for kind in KINDS if kind not in single for p in drawn(kind, "usual")]
    assert len(set(every)) == len(every)
    others = [evidence.by("gradcam++"), SCENES["one member"]()]
    assert len({overview(one).file for one in (evidence, *others)}) == 3


def test_a_gallery_of_noise_stays_below_a_quarter_of_a_megabyte():
    # Noise compresses worse than any face.
    evidence = evidence_of(ANSWERS, usual_cams(), shape=(48, 48))
    assert len(wrong(evidence, 0, 1).content) < 250_000
