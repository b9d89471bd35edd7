import errno

import obstore
import pytest
from obstore.exceptions import AlreadyExistsError, GenericError, NotSupportedError

from results.storage.locations import open_location
from results.storage.object_store import as_os_error, connect
from results.storage.retry import is_transient
from results.storage.s3_server import BUCKET, S3Server
from results.store import Store

ELSEWHERE = "endpoint_override=127.0.0.1:9"
PUT = "Generic S3 error: Error performing PUT http://host/b/x in 1ms - "


@pytest.mark.parametrize("name", ["a/b", "a b", "50% ~x", "é#?&+=*", "x=1,y"])
def test_names_are_those_of_the_store(s3, name):
    store = Store(s3).below("sweep 1")
    obstore.put(*connect(store.location(name)), b"here")
    assert store.read_bytes(name) == b"here"
    store.write_bytes(name, b"there")
    with pytest.raises(AlreadyExistsError):
        obstore.put(*connect(store.location(name)), b"again", mode="create")


@pytest.mark.parametrize("address", ["/runs/a", "file:///runs/a", "memory://bucket/a"])
def test_other_stores_have_no_such_bucket(address):
    assert connect(open_location(address)) is None


@pytest.mark.parametrize(
    "address", ["gs://anonymous@bucket/runs/a", f"s3://bucket/runs/a?{ELSEWHERE}"]
)
def test_bucket_and_key(address):
    bucket, key = connect(open_location(address))
    assert key == "runs/a"
    assert bucket.config["bucket"] == "bucket"


def used_keys(bucket: S3Server, address: str) -> set[str]:
    """Names of the keys with which pyarrow, then obstore, signed a write."""
    bucket.clear()
    store = Store(address)
    store.write_bytes("a", b"1")
    assert len(bucket.signers) == 1
    obstore.put(*connect(store.location("a")), b"2")
    assert len(bucket.requests) == 2
    return bucket.signers


def test_keys_are_those_of_the_environment(bucket, s3):
    assert used_keys(bucket, s3) == {"a-name-for-tests"}


@pytest.mark.parametrize(
    "variables", [{}, {"AWS_PROFILE": "lab"}, {"AWS_PROFILE": "lab", "AWS_DEFAULT_PROFILE": "no"}]
)
def test_keys_are_those_of_the_profile(bucket, s3, monkeypatch, tmp_path, variables):
    file = tmp_path / "credentials"
    profile = "[{}]\naws_access_key_id = {}\naws_secret_access_key = x\n"
    file.write_text(profile.format("default", "ours") + profile.format("lab", "theirs"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name, value in {"AWS_SHARED_CREDENTIALS_FILE": str(file), **variables}.items():
        monkeypatch.setenv(name, value)
    assert used_keys(bucket, s3) == {"theirs" if variables else "ours"}


@pytest.mark.parametrize(
    "content", [None, b"[default", b"\xff", b"[other]\nx = 1\n", b"[default]\n"]
)
def test_profile_without_keys_is_none(s3, monkeypatch, tmp_path, content):
    location = open_location(s3)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    if content is not None:
        (tmp_path / "credentials").write_bytes(content)
    bucket, _ = connect(location)
    assert "access_key_id" not in bucket.config


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_endpoint_is_that_of_the_environment(bucket, monkeypatch, variable):
    monkeypatch.setenv("ORCHESTRATOR_STORE_PATIENCE", "0")
    monkeypatch.setenv(variable, f"http://127.0.0.1:{bucket.port}")
    assert used_keys(bucket, f"s3://{BUCKET}/endpoint") == {"a-name-for-tests"}


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_endpoint_of_the_address_comes_first(bucket, s3, monkeypatch, variable):
    monkeypatch.setenv(variable, "http://127.0.0.1:9")
    assert used_keys(bucket, s3) == {"a-name-for-tests"}


def test_region_is_the_one_that_pyarrow_uses():
    bucket, _ = connect(open_location(f"s3://bucket/a?region=eu-west-1&{ELSEWHERE}"))
    assert bucket.config["region"] == "eu-west-1"


def test_certificates_that_are_not_there_are_an_error_of_the_system():
    address = f"s3://bucket/a?{ELSEWHERE}&tls_ca_file_path=/no/such/file"
    with pytest.raises(OSError, match="/no/such/file"):
        connect(open_location(address))


@pytest.mark.parametrize(
    ("address", "name", "value", "fault"),
    [
        ("gs://anonymous@b/a", "GOOGLE_SERVICE_ACCOUNT", "/no/such/file", "/no/such/file"),
        (f"s3://b/a?{ELSEWHERE}", "AWS_SKIP_SIGNATURE", "perhaps", 'parse "perhaps" as boolean'),
    ],
)
def test_an_environment_that_obstore_cannot_use_will_not_pass(
    monkeypatch, address, name, value, fault
):
    location = open_location(address)
    monkeypatch.setenv(name, value)
    with pytest.raises(OSError, match=fault) as caught:
        connect(location)
    assert not is_transient(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        f"{PUT}Server returned non-2xx status code: 500 Internal Server Error: ",
        f"{PUT}Server returned non-2xx status code: 503 Slow Down: <Error/>",
        f"{PUT}Server returned non-2xx status code: 429 Too Many Requests: ",
        f"{PUT}HTTP error: error sending request\n\nDebug source:\nGeneric {{",
        f"{PUT}HTTP error: operation timed out",
    ],
)
def test_trouble_that_may_pass(text):
    assert is_transient(as_os_error(GenericError(text)))


@pytest.mark.parametrize(
    ("problem", "number"),
    [
        (GenericError(f"{PUT}Server returned non-2xx status code: 400 Bad Request: "), None),
        (GenericError(f"{PUT}Server returned non-2xx status code: 501 No: "), errno.EOPNOTSUPP),
        (NotSupportedError("Operation not supported"), errno.EOPNOTSUPP),
        (NotImplementedError("Operation `put_opts` not implemented"), errno.EOPNOTSUPP),
        (GenericError("PUT http://169.254.169.254/latest - error sending request"), errno.EACCES),
        (GenericError("GET http://metadata.google.internal/v1 - timed out"), errno.EACCES),
    ],
)
def test_trouble_that_will_not_pass(problem, number):
    translated = as_os_error(problem)
    assert translated.errno == number
    assert not is_transient(translated)


def test_the_body_of_an_answer_is_not_repeated():
    body = "<?xml version='1.0'?>\n<Error><AWSAccessKeyId>AKIDEXAMPLE</AWSAccessKeyId></Error>"
    status = "Server returned non-2xx status code: 403 Forbidden"
    assert str(as_os_error(GenericError(f"{PUT}{status}: {body}"))) == f"{PUT}{status}"
