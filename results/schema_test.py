import math
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from results.schema import EPOCHS, PREDICTIONS, STATUSES, TABLES, TRIALS, table

README = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")


def described(name: str) -> dict[str, tuple[str, str, str]]:
    """Column -> (type, unit, description) as the README's section on a table gives them."""
    section = re.split(r"^## ", README, flags=re.MULTILINE)
    body = next(part for part in section if part.startswith(f"`{name}.parquet`"))
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \| (.*?) \|$", body, flags=re.MULTILINE)
    return {column: (kind, unit, text) for column, kind, unit, text in rows}


@pytest.mark.parametrize("name", TABLES)
def test_readme_describes_exactly_the_columns_in_their_order(name):
    expected = {
        field.name: (
            str(field.type).replace("element: ", ""),
            field.metadata[b"unit"].decode(),
            field.metadata[b"description"].decode(),
        )
        for field in TABLES[name]
    }
    columns = described(name)
    assert columns == expected
    assert list(columns) == list(expected)


@pytest.mark.parametrize("name", TABLES)
def test_every_column_has_a_sentence(name):
    for field in TABLES[name]:
        assert field.metadata[b"description"].decode().endswith("."), field.name


def test_readme_explains_every_status():
    assert set(re.findall(r"^- `(\w+)`: ", README, flags=re.MULTILINE)) == set(STATUSES)


def test_absent_fields_are_null_and_nan_stays_nan():
    made = table(EPOCHS, [{"trial": "a", "epoch": 1, "train_loss": math.nan}, {"epoch": 2}])
    assert made.schema == EPOCHS
    assert made["trial"].to_pylist() == ["a", None]
    assert made["train_loss"].null_count == 1
    assert math.isnan(made["train_loss"][0].as_py())


def test_no_rows_make_an_empty_table_with_all_columns():
    made = table(TRIALS, [])
    assert made.num_rows == 0
    assert made.schema == TRIALS


def test_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"no such column: trane_loss; known: trial, epoch"):
        table(EPOCHS, [{"trane_loss": 1.0}])


@pytest.mark.parametrize(
    ("name", "value"), [("epoch", "three"), ("train_loss", "low"), ("trial", 7)]
)
def test_value_of_another_type_is_refused_by_the_column(name, value):
    with pytest.raises(ValueError, match=rf"column {name} takes"):
        table(EPOCHS, [{name: value}])


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_probabilities_survive_parquet_as_half_floats(tmp_path, kind):
    given = np.array([[0.5, 0.25, 0.25], [0.125, 0.125, 0.75]], dtype=kind)
    rows = [
        {"image_id": str(i), "label": np.uint8(2), "probability": p} for i, p in enumerate(given)
    ]
    pq.write_table(table(PREDICTIONS, rows), tmp_path / "p.parquet")
    back = pq.read_table(tmp_path / "p.parquet")
    assert back.schema.field("probability").type == pa.list_(pa.float16())
    np.testing.assert_array_equal(np.stack(back.to_pandas()["probability"]), given)


def test_descriptions_travel_with_the_file(tmp_path):
    pq.write_table(table(EPOCHS, []), tmp_path / "e.parquet")
    field = pq.read_schema(tmp_path / "e.parquet").field("seconds")
    assert field.metadata[b"unit"] == b"s"
