import numpy as np

from orchestrator.data.audit import FINDINGS, audit
from orchestrator.data.faces import EMOTIONS
from orchestrator.data.raw import Raw

# Seven images: two equal in training; one of the next pair in validation, with another label, and
# one in test; one blank; one by itself.
NAMES = ["a1", "a2", "b1", "b2", "b3", "blank", "alone"]
KIND = [0, 0, 1, 1, 1, 2, 3]
SPLIT = [0, 0, 0, 1, 2, 0, 2]
LABEL = [3, 3, 4, 6, 4, 0, 5]


def raw() -> Raw:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (4, 48, 48), np.uint8)
    pictures[2] = 77
    return Raw(
        images=pictures[KIND],
        labels=np.array(LABEL, np.uint8),
        ids=np.array(NAMES),
        splits=np.array(SPLIT, np.uint8),
        classes=EMOTIONS,
    )


def ids_with(finding: str) -> list[str]:
    table = audit(raw(), raw().splits).table
    return sorted(table.loc[table.finding == finding, "id"])


def test_every_finding_names_its_images():
    assert ids_with("copy_inside") == ["a1", "a2"]
    assert ids_with("copy_across") == ["b1", "b2", "b3"]
    assert ids_with("copy_in_training") == ["b2", "b3"]
    assert ids_with("conflicting_labels") == ["b1", "b2", "b3"]
    assert ids_with("constant") == ["blank"]
    assert set(audit(raw(), raw().splits).table.finding) == set(FINDINGS)


def test_a_row_tells_split_label_and_group():
    table = audit(raw(), raw().splits).table
    row = table[(table.id == "b2") & (table.finding == "copy_in_training")].iloc[0]
    assert (row.split, row.used_as, row.label, row.group_size) == (
        "validation",
        "validation",
        "neutral",
        3,
    )
    assert bool(row.seen_in_training)
    assert table.loc[table.id.isin(["b1", "b2", "b3"]), "group"].nunique() == 1


def test_the_summary_counts_by_hand():
    summary = audit(raw(), raw().splits).summary
    assert (summary.images, summary.unique, summary.copied_groups) == (7, 4, 2)
    assert (summary.spanning_groups, summary.conflicting_groups) == (1, 1)
    assert summary.conflicting_images == 3
    assert summary.split_images == {"training": 4, "validation": 1, "test": 2}
    assert summary.split_unique == {"training": 3, "validation": 1, "test": 2}
    assert summary.copies_in_training == {"training": 0, "validation": 1, "test": 1}
    assert summary.same_label_copies == {"training": 0, "validation": 0, "test": 1}
    assert summary.constant == {"training": 1, "validation": 0, "test": 0}


def test_what_is_seen_in_training_follows_how_images_are_used():
    used = np.array([0, 0, 2, 1, 2, 0, 2], np.uint8)  # b1 was carved off
    audited = audit(raw(), used)
    assert audited.seen_ids == {"validation": [], "test": []}
    assert audited.summary.copies_in_training["validation"] == 1  # as given
    assert audit(raw(), raw().splits).seen_ids == {"validation": ["b2"], "test": ["b3"]}
