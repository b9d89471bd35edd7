import numpy as np
import pytest

from analysis.pipeline.steps import postprocess
from analysis.taggers.votes import CLASS_OF
from orchestrator.errors import BadInput
from results.paths import Paths
from results.tables.taggers import TAGGERS


def line(usage, label):
    """Ten votes for one class of ours."""
    return ",".join([usage, "x.png", *("10" if c == label else "0" for c in CLASS_OF.values())])


@pytest.fixture
def files(tmp_path):
    """Writes FER+'s table and fer2013.csv for images with these labels."""

    def write(images, labels):
        votes, pixels = tmp_path / "fer2013new.csv", tmp_path / "fer2013.csv"
        header = f"Usage,Image name,{','.join(CLASS_OF)}"
        votes.write_text("\n".join([header, *(line("Training", name) for name in labels)]) + "\n")
        rows = [
            f"{i % 7},{' '.join(map(str, image.ravel()))},Training"
            for i, image in enumerate(images)
        ]
        pixels.write_text("\n".join(["emotion,pixels,Usage", *rows]) + "\n")
        return {"ferplus": str(votes), "ferplus_pixels": str(pixels)}

    return write


@pytest.mark.long
def test_people_who_agree_with_every_label_give_the_accuracy_that_labels_give(bare, again, files):
    one, _ = again(bare)
    faces, classes = one.faces, one.folder.classes
    given = files(np.asarray(faces.images)[::-1], [classes[i] for i in faces.labels[::-1]])
    one, _ = again(bare, **given)
    postprocess(one)
    made = one.store.read_table(Paths().taggers, TAGGERS).to_pandas()
    every = made[(made["who"] == "ensemble") & (made["group"] == "all")].iloc[0]
    assert every["n"] == every["n_plurality"] == len(faces)
    assert every["label_agrees"] == 1
    assert every["accuracy"] == every["plurality_accuracy"]
    assert "Against people" in one.store.read_bytes(Paths().report).decode()


@pytest.mark.long
def test_files_without_row_numbers_need_the_pixels_and_other_rows_are_refused(bare, again, files):
    one, _ = again(bare)
    given = files(np.asarray(one.faces.images)[:3], ["sad"] * 3)
    one, _ = again(bare, ferplus=given["ferplus"])
    with pytest.raises(BadInput, match="--ferplus"):
        postprocess(one)
