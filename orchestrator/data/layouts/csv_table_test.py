import numpy as np
import pytest

from orchestrator.data.layouts.csv_table import PIXELS, _numbers
from orchestrator.data.layouts.sources import read_faces
from orchestrator.data.raw import Raw
from orchestrator.data.testing import (
    CSV,
    EXAMPLE,
    csv_bytes,
    icml_csv,
    refused,
    write_file,
    write_folder,
)


def with_row(number: int, emotion: str = "3", pixels: str = "", usage: str = "Training") -> bytes:
    lines = CSV.decode().splitlines()
    lines[number] = f"{emotion},{pixels or ' '.join(['7'] * 2304)},{usage}"
    return ("\n".join(lines) + "\n").encode()


def test_wrong_columns(tmp_path):
    path = write_file(tmp_path, b"label,image\n1,2\n")
    refused(path, tmp_path, "fer2013.csv: columns 'label', 'image' found, emotion, pixels")


def test_a_table_without_labels(tmp_path):
    path = write_file(tmp_path, csv_bytes(EXAMPLE, ("pixels",)))
    refused(path, tmp_path, "columns 'pixels' found")


def test_a_table_without_rows(tmp_path):
    refused(write_file(tmp_path, b"emotion,pixels,Usage\n"), tmp_path, "a header and no rows")


def test_two_tables_of_one_layout(tmp_path):
    path = write_folder({"a/fer2013.csv": CSV, "b/fer2013.csv": CSV}, tmp_path / "d")
    refused(path, tmp_path, "holds 2 tables of one layout (a/fer2013.csv, b/fer2013.csv)")


@pytest.mark.parametrize(("count", "fault"), [(2303, "2,303"), (2305, "2,305"), (1, "1")])
def test_a_row_with_another_number_of_pixels(tmp_path, count, fault):
    path = write_file(tmp_path, with_row(17, pixels=" ".join(["7"] * count)))
    refused(
        path, tmp_path, f"row 17 (line 18): {fault} pixels, 2,304 (48x48) expected", "fer2013.csv"
    )


def test_a_lacking_and_a_surplus_pixel_do_not_make_up_for_each_other(tmp_path):
    lines = CSV.decode().splitlines()
    lines[4] = f"3,{' '.join(['7'] * 2305)},Training"
    lines[5] = f"3,{' '.join(['7'] * 2303)},Training"
    refused(
        write_file(tmp_path, "\n".join(lines).encode()), tmp_path, "row 4 (line 5): 2,305 pixels"
    )


@pytest.mark.parametrize("value", ["256", "x", "-1", "1.5", "99999999999999999999", "4" * 5000])
def test_a_value_that_is_no_gray_level(tmp_path, value):
    pixels = " ".join(["7"] * 100 + [value] + ["7"] * 2203)
    path = write_file(tmp_path, with_row(9, pixels=pixels))
    refused(path, tmp_path, "row 9 (line 10)", f"'{value[:20]}' as pixel 101, a number 0 to 255")


def test_an_unknown_usage(tmp_path):
    path = write_file(tmp_path, with_row(2, usage="Holdout"))
    refused(path, tmp_path, "row 2 (line 3): Usage 'Holdout', Training, PublicTest or PrivateTest")


@pytest.mark.parametrize("emotion", ["8", "-1", "", "happy", "1.0"])
def test_an_emotion_out_of_range(tmp_path, emotion):
    path = write_file(tmp_path, with_row(35, emotion=emotion))
    refused(
        path,
        tmp_path,
        f"row 35 (line 36): emotion '{emotion}', 0 to 6 or, for contempt, 7 expected",
    )


@pytest.mark.parametrize("cut", [3, 30, 5000])
def test_a_csv_cut_within_a_row(tmp_path, cut):
    refused(write_file(tmp_path, CSV[:-cut]), tmp_path, "row 35 (line 36)", "seems cut off")


def test_a_padded_csv_cut_within_its_pixels(tmp_path):
    data = icml_csv(EXAMPLE)["icml_face_data.csv"][:-200]
    refused(write_file(tmp_path, data), tmp_path, "row 35", "2,304 (48x48) expected", "cut off")


def table(tmp_path, rows: list[str], name: str = "fer2013.csv") -> Raw:
    return read_faces(write_file(tmp_path, ("\n".join(rows) + "\n").encode(), name))[0]


def lines() -> list[str]:
    return CSV.decode().splitlines()


def test_an_index_column_is_ignored_and_that_is_said(tmp_path):
    raw = table(tmp_path, ["," + lines()[0], *(f"{n},{row}" for n, row in enumerate(lines()[1:]))])
    np.testing.assert_array_equal(raw.images, EXAMPLE.images)
    assert raw.notes == ("1 columns were ignored: (without a name).",)


def test_extra_columns_are_ignored_even_where_they_hold_commas(tmp_path):
    rows = [f'{row},"f, {n}.png",x' for n, row in enumerate(lines()[1:])]
    raw = table(tmp_path, [lines()[0] + ",filename,by", *rows])
    np.testing.assert_array_equal(raw.images, EXAMPLE.images)
    assert raw.notes == ("2 columns were ignored: filename, by.",)


def test_a_column_that_stands_twice_is_refused(tmp_path):
    rows = [lines()[0] + ",pixels,emotion", *(row + ",7,0" for row in lines()[1:])]
    path = write_file(tmp_path, "\n".join(rows).encode())
    refused(path, tmp_path, "columns 'emotion', 'pixels', 'Usage', 'pixels', 'emotion' found")


@pytest.mark.parametrize(
    ("validation", "test"),
    [
        ("Validation", "Test"),
        ("val", "testing"),
        ("VALID", "TEST"),
        ("Public Test", "private_test"),
    ],
)
def test_usage_by_every_common_word(tmp_path, validation, test):
    content = CSV.decode().replace("PublicTest", validation).replace("PrivateTest", test)
    raw = table(tmp_path, content.splitlines())
    np.testing.assert_array_equal(raw.splits, EXAMPLE.splits)
    assert raw.notes == ()


def test_rows_without_usage_are_training_and_counted(tmp_path):
    content = CSV.decode().replace("PublicTest", "").replace("PrivateTest", "nan")
    raw = table(tmp_path, content.splitlines())
    assert set(raw.splits.tolist()) == {0}
    assert raw.notes == ("14 rows have no Usage and are taken for training, e.g. row 22.",)


def test_line_ends_of_old_macs(tmp_path):
    raw, _ = read_faces(write_file(tmp_path, CSV.replace(b"\n", b"\r")))
    np.testing.assert_array_equal(raw.images, EXAMPLE.images)


def test_emotion_7_is_ck_pluss_contempt_and_that_is_said(tmp_path):
    rows = lines()
    rows[1:22] = [row.replace("6,", "7,", 1) if row[0] == "6" else row for row in rows[1:22]]
    rows[22:] = [row for row in rows[22:] if row[0] != "6"]
    raw = table(tmp_path, rows)
    assert raw.classes[6:] == ("neutral", "contempt")
    assert raw.counts().sum(axis=0).tolist() == [5, 5, 5, 5, 5, 5, 0, 3]
    assert not raw.fer2013
    assert raw.notes[0] == (
        "3 rows have emotion 7, which FER2013 does not know: it was read as contempt, as in tables "
        "of CK+."
    )


def test_a_quoted_field_longer_than_any_that_is_believed_counts_as_its_commas_say(tmp_path):
    rows = lines()
    rows[3] += ',"' + "x," * 100_000 + '"'
    path = write_file(tmp_path, "\n".join(rows).encode())
    refused(path, tmp_path, "fer2013.csv, row 3 (line 4): 100004 fields, 3 (emotion")


def test_a_quote_that_is_not_closed_takes_no_other_row_with_it(tmp_path):
    lines = CSV.decode().splitlines()
    lines[4] = lines[4].replace(",", ',"', 1)
    expected, _ = read_faces(write_file(tmp_path, CSV))
    raw, _ = read_faces(write_file(tmp_path, "\n".join(lines).encode(), "quoted.csv"))
    np.testing.assert_array_equal(raw.images, expected.images)
    np.testing.assert_array_equal(raw.labels, expected.labels)


def test_numbers_of_one_to_three_digits_are_read_whatever_stands_beside_them():
    rng = np.random.default_rng(0)
    rows = rng.permutation(np.tile(np.arange(256), 27)).reshape(3, PIXELS)
    texts = [" ".join(map(str, row)).encode() for row in rows]
    np.testing.assert_array_equal(_numbers(texts).reshape(3, PIXELS), rows)
    np.testing.assert_array_equal(_numbers([b" ".join([b"007"] * PIXELS)]), [7] * PIXELS)


@pytest.mark.parametrize(
    "spoiled",
    ["256", "260", "300", "999", "1000", "0012", "-1", "1.5", "x", "", "1\t2", "7 7"],
)
@pytest.mark.parametrize("place", [0, 1000, PIXELS - 1])
def test_what_is_out_of_the_usual_is_left_to_the_slow_way(spoiled, place):
    usual = ["7"] * PIXELS
    texts = [usual, [*usual[:place], spoiled, *usual[place + 1 :]], usual]
    assert _numbers([" ".join(text).encode() for text in texts]) is None
