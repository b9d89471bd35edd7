from orchestrator.errors import cause


def test_what_a_library_quotes_at_length_is_shortened():
    assert cause(ValueError("short")) == "short"
    assert cause(ValueError("x" * 5000)) == f"{'x' * 100} ... {'x' * 100}"
