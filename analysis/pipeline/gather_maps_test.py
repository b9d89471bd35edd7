"""What is counted of maps, by hand."""

import pandas as pd

from analysis.pipeline.gather_maps import count_rows
from results.schema import MAP_COUNTS, table


def rows(member, method, maxima, rule="prediction"):
    return [
        {"member": member, "method": method, "rule": rule, "raw_max": largest} for largest in maxima
    ]


def test_empty_maps_are_counted_by_member_method_and_rule():
    cams = [*rows("a", "gradcam", [0.0, 2.0, 0.0]), *rows("a", "hirescam", [1.0, 3.0])]
    cams += rows("ensemble", "gradcam", [0.0], "contrast")
    counted = count_rows(pd.DataFrame(cams))
    numbers = {(c["member"], c["method"], c["rule"]): (c["n"], c["empty"]) for c in counted}
    assert numbers == {
        ("a", "gradcam", "prediction"): (3, 2),
        ("a", "hirescam", "prediction"): (2, 0),
        ("ensemble", "gradcam", "contrast"): (1, 1),
    }
    assert len(table(MAP_COUNTS, counted)) == 3
