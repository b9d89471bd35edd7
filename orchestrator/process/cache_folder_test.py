import os

from orchestrator.process.cache_folder import default_cache, place_library_caches


def test_the_default_cache_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert default_cache() == tmp_path / "own"
    monkeypatch.delenv("ORCHESTRATOR_CACHE")
    assert default_cache() == tmp_path / "xdg" / "fer-orchestrator"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_cache() == tmp_path / ".cache" / "fer-orchestrator"


def test_matplotlib_s_folder_is_moved_only_where_the_home_cannot_be_written(monkeypatch, tmp_path):
    monkeypatch.delenv("MPLCONFIGDIR", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("HOME", str(tmp_path))
    place_library_caches()
    assert "MPLCONFIGDIR" not in os.environ
    monkeypatch.setenv("HOME", "/nonexistent")
    place_library_caches()
    assert os.environ["MPLCONFIGDIR"] == str(tmp_path / "own" / "matplotlib")
    monkeypatch.setenv("MPLCONFIGDIR", "/chosen")
    place_library_caches()
    assert os.environ["MPLCONFIGDIR"] == "/chosen"
