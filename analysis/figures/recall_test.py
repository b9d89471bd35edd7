from analysis.figures import recall
from analysis.figures.sample_sweeps import frames, record
from analysis.figures.sweep_tables import SweepTables


def test_recall_by_hand():
    rows = [
        {"image_id": str(i), "split": "test", "label": 0, "prediction": int(i % 4 == 0)}
        | {"best_single": 0}
        for i in range(8)
    ]
    frame = recall.data(SweepTables(**frames(answers=rows), record=record(("x", "y"))))
    assert frame.set_index("who")["recall"].to_dict() == {"ensemble": 0.75, "best single": 1.0}
    assert set(frame["class"]) == {"x"}  # no image of y
