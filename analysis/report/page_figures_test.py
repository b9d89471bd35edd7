"""Figures on the page: drawn by it where it can, and then their picture files are left out."""

import pytest
from markupsafe import escape

from analysis.figures.figure_catalogue import FIGURES
from analysis.made_up_sweeps import MadeUpSweep
from analysis.report.charts.figures.catalogue import DRAWINGS
from analysis.report.conftest import png, write
from analysis.report.page import SLOW, render
from results.paths import Paths

HEADINGS = {name: f"<h3>{escape(FIGURES[name].title)}</h3>" for name in DRAWINGS}


@pytest.fixture
def swept(empty):
    """Six trials of a sweep and a picture file of two figures, one of which the page draws."""
    made = MadeUpSweep()
    for i in range(6):
        status = "pruned" if i < 2 else "completed"
        made.add([0.1 * i + 0.1, 0.1 * i + 0.2], status, learning_rate=0.01 * (i + 1))
    write(empty, "trials", made.trial_rows)
    write(empty, "epochs", made.epoch_rows)
    files = ("parallel_coordinates", "regions")
    rows = [{"file": f"{name}.png", "kind": "figure", "title": f"file of {name}"} for name in files]
    write(empty, "images", [row | {"caption": "c", "width": 4, "height": 3} for row in rows])
    for row in rows:
        empty.write_bytes(f"{Paths().images}/{row['file']}", png())
    empty.write_json(Paths().sweep, {"rungs": [1], "identity": {"reduction_factor": 3}})
    return empty


@pytest.mark.long
def test_what_the_page_draws_stands_there_once_and_its_file_not(swept):
    page = render(swept)
    there = [name for name, heading in HEADINGS.items() if heading in page]
    assert there == ["importance", "parallel_coordinates", "losses"]
    assert page.count("<summary>Who went on at each rung</summary>") == 1
    assert all(page.count(HEADINGS[name]) == 1 for name in there)
    assert "file of parallel_coordinates" not in page
    assert "file of regions" in page


def test_a_first_page_does_not_wait_for_what_takes_seconds(swept):
    swept.write_json(Paths().postprocess, {"at_work": True})
    page = render(swept)
    there = [name for name, heading in HEADINGS.items() if heading in page]
    assert SLOW == ("importance",)
    assert there == ["parallel_coordinates", "losses"]
