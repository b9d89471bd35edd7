from jobs.execution.prepare import prepare


def test_counts_by_split_and_class_stand_under_their_heads_with_totals(tmp_path, capsys):
    """140 drawn faces, 20 of each of seven classes: a tenth of each class, twice, is carved off."""
    assert prepare(None, embedded=140, seed=0, cache=tmp_path) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("no --data: embedded faces, opened in ")
    rows = [line.split() for line in lines[2:7]]
    assert rows == [
        ["split", "angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "total"],
        ["training", *["16"] * 7, "112"],
        ["validation", *["2"] * 7, "14"],
        ["test", *["2"] * 7, "14"],
        ["all", *["20"] * 7, "140"],
    ]
    assert len({len(line) for line in lines[2:7]}) == 1  # aligned
    assert any(line.startswith("* 140 of 140 images are different; 0 groups") for line in lines)
    assert lines[-1].startswith(str(tmp_path))
    assert lines[-2].startswith("Audit, image by image: ")
