import pytest

from results.paths import Paths
from results.store import DamagedResults, Store
from results.sweep_file import read_sweep_file

RECORD = {
    "name": "a",
    "identity": {"reduction_factor": 3, "seed": 0},
    "rungs": [1, 3],
    "trials": 12,
    "data": {"path": "x", "digest": "d", "images": {"training": 10}},
}


def read(folder, **changes):
    store = Store(folder)
    store.write_json(Paths().sweep, {**RECORD, **changes})
    return read_sweep_file(store)


def test_what_a_sweep_writes_is_read(tmp_path):
    assert read(tmp_path)["rungs"] == [1, 3]
    assert read(tmp_path, finalists=None, warm_start=None)["trials"] == 12


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rungs": 3}, "rungs is 3, a list of whole numbers was expected"),
        ({"rungs": [[1]]}, r"rungs is \[\[1\]\], a list"),
        ({"trials": -1}, "trials is -1, a whole number was expected"),
        ({"trials": True}, "trials is True"),
        ({"finalists": 10**30}, "finalists is 1000"),
        ({"backend": ["\x1b[31m"]}, r"backend is \['\\x1b\[31m'\], a text"),
        ({"data": {"images": {"test": "x"}}}, r"data.images is .* an object of whole numbers"),
        ({"data": 3}, "data is 3, an object"),
        ({"data": {"classes": 7}}, "data.classes is 7, a list of texts"),
        ({"identity": {"reduction_factor": "x"}}, "identity.reduction_factor is 'x'"),
        ({"extended": [1]}, "extended is .*, a list of objects"),
    ],
)
def test_a_value_that_no_sweep_writes_is_refused_by_its_name(tmp_path, changes, words):
    with pytest.raises(DamagedResults, match=words):
        read(tmp_path, **changes)
