from cluster.chaos.damaged_files import cut, empty, spoil


def test_damage_does_what_it_says(tmp_path):
    file = tmp_path / "file"
    for damage, left in (
        (cut, b"0123456789"),
        (spoil, b"0123456789" + bytes(255 - c for c in b"abcdefghi") + b"j"),
        (empty, b""),
    ):
        file.write_bytes(b"0123456789abcdefghij")
        damage(file)
        assert file.read_bytes() == left
