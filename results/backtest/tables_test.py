import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from results.backtest.tables import CURVES_FILE, RUNS_FILE, TABLES
from results.formats import FORMAT
from results.settings import SETTINGS

HERE = Path(__file__).parent
README = (HERE.parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", TABLES)
def test_readme_describes_exactly_the_columns_in_their_order(name):
    sections = re.split(r"^## ", README, flags=re.MULTILINE)
    body = next(part for part in sections if part.startswith(f"`{name}.parquet`"))
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \| (.*?) \|$", body, flags=re.MULTILINE)
    assert rows == [
        (
            field.name,
            str(field.type),
            field.metadata[b"unit"].decode(),
            field.metadata[b"description"].decode(),
        )
        for field in TABLES[name]
    ]


@pytest.mark.parametrize(
    ("file", "name"), [(CURVES_FILE, "recorded_curves"), (RUNS_FILE, "backtest")]
)
def test_what_comes_with_us_has_these_columns_and_besides_settings_alone(file, name):
    schema = pq.read_schema(HERE / file)
    assert schema.names[: len(TABLES[name])] == TABLES[name].names
    assert set(schema.names[len(TABLES[name]) :]) <= set(SETTINGS)
    assert schema.metadata[b"format"] == b"%d" % FORMAT
    assert (HERE / file).stat().st_size < 200_000


def test_the_curves_have_no_path_and_no_data_in_them():
    schema = pq.read_schema(HERE / CURVES_FILE)
    assert {"image_id", "probability", "data", "weights"}.isdisjoint(schema.names)
