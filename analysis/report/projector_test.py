import numpy as np
import pytest
from PIL import Image
from tensorboard.plugins.projector.projector_plugin import ProjectorConfig, text_format

from analysis.report import projector
from analysis.report.projector import Projection


def projection(n=5, **columns):
    faces = np.arange(n, dtype=np.uint8)[:, None, None] * np.ones((n, 6, 4), np.uint8)
    return Projection("pooled", np.arange(2.0 * n).reshape(n, 2), faces, columns)


def lines(file):
    return [line.split("\t") for line in file.read_text().splitlines()]


def faces(folder):
    with Image.open(folder / "points-faces.png") as image:
        return np.asarray(image)


def test_points_their_metadata_and_faces_are_in_one_order(tmp_path):
    label = ["a", "b\tc", "d\ne", "f", "g"]
    assert projector.write(tmp_path, projection(label=label)) == []
    assert lines(tmp_path / "points.tsv")[2] == ["4", "5"]
    metadata = lines(tmp_path / "points-about.tsv")
    assert metadata[0] == ["place", "label"]
    assert metadata[1:] == [[str(i), " ".join(one.split())] for i, one in enumerate(label)]
    sprite = faces(tmp_path)
    assert sprite.shape == (12, 12)  # 3 columns of 4 pixels, 2 rows of 6
    assert sprite[::6, ::4].tolist() == [[0, 1, 2], [3, 4, 0]]


def test_faces_are_tinted_by_a_column_in_the_order_of_its_values(tmp_path):
    white = np.full((4, 6, 4), 255, np.uint8)
    white[3] = 0
    points = Projection("x", np.zeros((4, 2)), white, {"label": ["b", "a", "b", "a"]}, "label")
    projector.write(tmp_path, points)
    sprite = faces(tmp_path)[::6, ::4].reshape(4, 3).tolist()
    # 1f77b4, the first of the Projector's colours, and d62728, the second: 3/4 of each, and 64
    assert sprite == [[87, 153, 199], [224, 93, 94], [87, 153, 199], [75, 31, 31]]


def test_configuration_is_one_that_tensorboard_reads(tmp_path):
    projector.write(tmp_path, projection())
    config = text_format.Parse((tmp_path / "projector_config.pbtxt").read_text(), ProjectorConfig())
    (points,) = config.embeddings
    assert points.tensor_name == "pooled"
    for name in (points.tensor_path, points.metadata_path, points.sprite.image_path):
        assert (tmp_path / name).is_file()
    assert list(points.sprite.single_image_dim) == [4, 6]  # width, height


def test_too_many_points_are_thinned_out_evenly_and_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(projector, "MOST_POINTS", 3)
    (note,) = projector.write(tmp_path, projection(5))
    assert note == "TensorBoard's Projector shows 3 of 5 images, evenly spaced."
    assert [row[0] for row in lines(tmp_path / "points-about.tsv")[1:]] == ["0", "2", "4"]


def test_a_sheet_of_faces_is_no_wider_than_browsers_draw(tmp_path, monkeypatch):
    monkeypatch.setattr(projector, "WIDEST_SPRITE", 13)  # two faces of 6 pixels: 4 in all
    projector.write(tmp_path, projection(9))
    assert max(faces(tmp_path).shape) <= 13
    assert len(lines(tmp_path / "points.tsv")) == 4


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (projection(2, label=["a"]), "found 1 label"),
        (projection(0), "0 points"),
        (Projection("x", np.full((1, 2), np.nan), np.zeros((1, 4, 4), np.uint8), {}), "not finite"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(tmp_path, wrong, message):
    with pytest.raises(ValueError, match=message):
        projector.write(tmp_path, wrong)
