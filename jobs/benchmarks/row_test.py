import json

from jobs.benchmarks.row import COLUMNS, Row, Table, median_and_spread

SPEED = Row(
    "vgg-128",
    "vgg, batch 128",
    first_seconds=29.04,
    step_milliseconds=1.114,
    images_per_second=114_903.0,
    epoch_seconds=0.24985,
    n=9,
    spread=0.021,
    note="as ever",
    more={"epoch_times": [0.25]},
)


def test_a_row_stands_under_its_titles_and_an_empty_cell_stays_empty(capsys):
    table = Table(None, {"device": "CPU"})
    table.add(SPEED)
    table.add(Row("explain", "Grad-CAM", note="skipped: no such module"))
    _, _, titles, speed, skipped = capsys.readouterr().out.splitlines()
    for title, cell in (("images/s", "114,903"), ("first call", "29.0 s"), ("spread", "2%")):
        assert titles.index(title) + len(title) == speed.index(cell) + len(cell)
    assert speed.endswith("  1.11    114,903       0.250     9      2%  as ever")
    width = sum(width + 2 for _, _, width in COLUMNS)
    assert skipped == f"{'explain':<17}Grad-CAM".ljust(width) + "skipped: no such module"


def test_rows_are_filed_as_lines_of_json_after_the_circumstances(tmp_path, capsys):
    out = tmp_path / "new" / "gpu.jsonl"
    Table(out, {"device": "H100"}).add(SPEED)
    first, row = map(json.loads, out.read_text().splitlines())
    assert first == {"device": "H100"}
    assert row["images_per_second"] == 114_903.0
    assert row["more"] == {"epoch_times": [0.25]}


def test_the_spread_is_between_the_longest_and_the_shortest():
    assert median_and_spread([1.0, 2.0, 4.0]) == (2.0, 1.5)
