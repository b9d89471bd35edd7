from analysis.figures import recall
from analysis.figures.tables import Tables
from analysis.figures.testing import frames, record


def test_recall_by_hand():
    rows = [
        {"image_id": str(i), "split": "test", "label": 0, "prediction": int(i % 4 == 0)}
        | {"best_single": 0}
        for i in range(8)
    ]
    frame = recall.data(Tables(**frames(answers=rows), record=record(("x", "y"))))
    assert frame.set_index("who")["recall"].to_dict() == {"ensemble": 0.75, "best single": 1.0}
    assert set(frame["class"]) == {"x"}  # no image of y
