import pytest

from cluster.job_command import ROOT
from cluster.preflight import (
    UPLOAD_MIB,
    check_address,
    check_places,
    check_token,
    check_upload,
    upload_sizes,
    variables,
)
from cluster.submit import main
from orchestrator.errors import BadInput

HERE = "http://127.0.0.1:8265"


@pytest.fixture(autouse=True)
def ray_s_variables_are_taken_back(monkeypatch):
    monkeypatch.setenv("RAY_AUTH_MODE", "token")  # `main` sets it


@pytest.mark.parametrize(
    "address",
    [HERE, "http://localhost:9000/", "http://[::1]:8265", "https://ray.example.org"],
)
def test_an_address_that_keeps_the_token_secret_is_taken(address):
    assert check_address(address, plain_http=False) == address.rstrip("/")


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http://head:8265", "ssh -L 8265:127.0.0.1:8265 head, then"),
        ("http://10.0.0.7:8265", "over plain http the cluster's token can be read"),
        ("http://localhost.example.org:8265", "over plain http"),
        ("http://me:hush@127.0.0.1:8265", "credentials"),
        ("ray://head:10001", "expected the dashboard's, such as http://HEAD:8265"),
        ("auto", "expected the dashboard's"),
        ("head:8265", "expected the dashboard's"),
    ],
)
def test_an_address_that_would_give_the_token_away_or_is_none_is_refused(address, message):
    with pytest.raises(BadInput) as refusal:
        check_address(address, plain_http=False)
    assert message in str(refusal.value)
    assert "hush" not in str(refusal.value)


def test_a_trusted_network_can_be_said_to_be_one():
    assert check_address("http://head:8265", plain_http=True) == "http://head:8265"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--results=results/runs"], "--results results/runs is relative"),
        (["--results=/r", "--data=f.zip"], "--data f.zip is relative"),
        (["--results=s3://me:hush@b/r"], "carries credentials"),
        (["--results=s3://b/r?secret_key=hush"], "carries credentials"),
        (["--data=/f.zip"], "--results is missing"),
    ],
)
def test_a_place_that_nodes_cannot_use_is_refused(words, message, capsys):
    assert main(["quickstart", *words, f"--address={HERE}", "--dry-run"]) == 2
    output = capsys.readouterr()
    assert message in output.err
    assert "hush" not in output.err
    assert output.out == ""


def test_what_nodes_must_have_themselves_is_said_by_name_only(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    notes = check_places({"--results": "s3://b/r", "--data": "/shared/f.zip"})
    assert notes[0].startswith("--data /shared/f.zip must be the same shared folder")
    assert (
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment of every node" in notes[1]
    )
    assert "hush" not in " ".join(notes)


def test_a_secret_is_no_variable_of_a_job():
    assert variables(["A=b=c", "EMPTY="]) == {"A": "b=c", "EMPTY": ""}
    refused = ("AWS_SECRET_ACCESS_KEY=hush", "MY_TOKEN=hush", "PASSPHRASE=hush", "hush", "=hush")
    for pair in (*refused, "DATA=s3://me:hush@b/f.zip"):
        with pytest.raises(BadInput) as refusal:
            variables([pair])
        assert "hush" not in str(refusal.value)


def test_what_travels_is_what_git_does_not_ignore(tmp_path):
    for name, size in {"a.py": 3, "data/f.zip": 5, "results/runs/x": 7, "results/y.py": 1}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * size)
    (tmp_path / ".gitignore").write_text("/results/runs/\n")
    sizes = upload_sizes(tmp_path)
    assert sizes == {".gitignore": 15, "a.py": 3, "data/f.zip": 5, "results/y.py": 1}


def test_this_repository_fits_with_all_of_its_code():
    sizes = upload_sizes(ROOT)
    assert {"results/schema.py", "jobs/sweep.py", "pyproject.toml"} <= set(sizes)
    assert not any(name.startswith(".git/") for name in sizes)
    assert sum(sizes.values()) < 30 * 2**20


def test_a_large_file_is_pointed_out_and_too_much_is_refused():
    mib = 2**20
    notes = check_upload({"a.py": 100, "faces.zip": 60 * mib, "b.bin": 5 * mib})
    assert notes[0] == "uploads 3 files, 65.0 MiB"
    assert notes[1].startswith("large, and uploaded: faces.zip (60 MiB), b.bin (5 MiB); ")
    assert check_upload({"a.py": 100}) == ["uploads 1 files, 0.0 MiB"]
    with pytest.raises(BadInput, match=r"120 MiB, would be uploaded.*faces.zip \(120 MiB\)"):
        check_upload({"faces.zip": 120 * mib})
    with pytest.raises(BadInput, match="many small files"):
        check_upload({str(n): mib for n in range(UPLOAD_MIB)})
    with pytest.raises(BadInput, match=r"q.py is not uploaded"):
        check_upload({"a.py": 100}, ["q.py"])


def test_a_token_must_be_there_and_others_may_not_read_it(tmp_path):
    with pytest.raises(BadInput, match=r"no token for the cluster.*ray get-auth-token"):
        check_token({}, tmp_path)
    file = tmp_path / ".ray" / "auth_token"
    file.parent.mkdir()
    file.write_text("hush")
    file.chmod(0o644)
    assert check_token({}, tmp_path) == [f"{file} can be read by others; chmod 600 {file}"]
    file.chmod(0o600)
    assert check_token({}, tmp_path) == []
    assert check_token({"RAY_AUTH_TOKEN": "hush"}, tmp_path / "nowhere") == []
    assert check_token({"RAY_AUTH_TOKEN_PATH": str(file)}, tmp_path / "nowhere") == []
