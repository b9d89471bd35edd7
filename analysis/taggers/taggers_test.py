import io

import numpy as np
import pytest
from PIL import Image

from analysis.taggers.join import NONE, rows_by_number, rows_by_pixels
from analysis.taggers.measure import Tagged, rows
from analysis.taggers.votes import CLASS_OF, agreement, plurality, read_votes
from orchestrator.data.synthetic import draw
from orchestrator.errors import BadInput
from results.schema import table
from results.tables.taggers import TAGGERS

HEADER = "Usage,Image name," + ",".join(CLASS_OF)


def votes(**given):
    """(10,) votes by column."""
    return [given.get(name, 0) for name in CLASS_OF]


def written(tmp_path, *lines):
    file = tmp_path / "fer2013new.csv"
    file.write_text("\n".join([HEADER, *lines]) + "\n")
    return str(file)


# --- votes -----------------------------------------------------------------------------------


def test_a_table_of_votes_is_read_in_its_order(tmp_path):
    made = read_votes(
        written(
            tmp_path,
            "Training,fer0.png,4,0,0,1,3,2,0,0,0,0",
            "PublicTest,,0,10,0,0,0,0,0,0,0,0",
        )
    )
    assert made.splits.tolist() == ["training", "validation"]
    assert made.counts.tolist() == [[4, 0, 0, 1, 3, 2, 0, 0, 0, 0], [0, 10, *[0] * 8]]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("Elsewhere,x,4,0,0,1,3,2,0,0,0,0", "row 1: no Usage of FER2013"),
        ("Training,x,4,0,0,1,three,2,0,0,0,0", "row 1: no Usage of FER2013, or votes"),
        ("Training,x,-4,0,0,1,3,2,0,0,0,0", "row 1: no Usage"),
    ],
)
def test_a_damaged_table_is_refused_by_its_row(tmp_path, line, sentence):
    with pytest.raises(BadInput, match=sentence):
        read_votes(written(tmp_path, line))


def test_another_file_is_refused(tmp_path):
    (tmp_path / "x.csv").write_text("emotion,pixels\n0,1 2\n")
    with pytest.raises(BadInput, match="no column Usage; expected Usage, neutral"):
        read_votes(str(tmp_path / "x.csv"))
    with pytest.raises(BadInput, match=r"expected FER\+'s fer2013new.csv"):
        read_votes(str(tmp_path / "none.csv"))


def test_a_plurality_is_alone_and_agreement_is_its_share():
    counts = np.array(
        [votes(anger=6, fear=4), votes(anger=5, fear=5), votes(), votes(NF=9, fear=1)]
    )
    names = list(CLASS_OF)
    assert plurality(counts).tolist() == [names.index("anger"), -1, -1, names.index("NF")]
    assert agreement(counts).tolist() == [0.6, 0.5, 0, 0.9]


# --- whose votes -----------------------------------------------------------------------------


def test_ids_that_are_row_numbers_are_rows_and_paths_are_not():
    assert rows_by_number(["1", "35887"]).tolist() == [0, 35886]
    assert rows_by_number(["train/fear/Training_12.jpg"]) is None
    assert rows_by_number([]) is None


def test_images_stored_as_jpeg_are_their_rows_again_and_strangers_are_none():
    table_of = draw(60, seed=0).images
    chosen = [41, 3, 17]
    stored = []
    for row in chosen:
        buffer = io.BytesIO()
        Image.fromarray(table_of[row]).save(buffer, format="JPEG", quality=95)
        stored.append(np.asarray(Image.open(buffer)))
    stranger = draw(14, seed=9).images[:1]
    rows = rows_by_pixels(np.concatenate([stored, stranger]), table_of)
    assert rows.tolist() == [*chosen, NONE]
    assert rows_by_pixels(stranger, table_of[:0]).tolist() == [NONE]


# --- what they say ---------------------------------------------------------------------------


def test_answers_against_labels_and_people_by_hand():
    """Classes sad, happy; five images, of which people see the last but one as no face at all."""
    counts = np.array(
        [
            votes(sadness=10),
            votes(happiness=10),
            votes(sadness=6, happiness=4),
            votes(NF=7, sadness=3),
            votes(),
        ]
    )
    of = Tagged("test", np.array([0, 1, 1, 0, 0]), ("sad", "happy"), counts)
    made = {row["group"]: row for row in rows("ensemble", np.array([0, 0, 0, 0, 0]), of)}
    every = made["all"]
    assert (every["n"], every["accuracy"]) == (4, 0.5)  # nobody voted on the fifth
    assert (every["n_plurality"], every["plurality_accuracy"]) == (3, pytest.approx(2 / 3))
    assert every["label_agrees"] == 0.5  # the first and the second
    assert made["unanimous"]["n"] == 2
    assert made["half to eight in ten"]["n"] == 2
    assert made["under half"]["n"] == 0
    assert table(TAGGERS, list(made.values())).num_rows == 5
