import pytest

from orchestrator.data.remote.uris import absolute, check, is_uri, shown
from orchestrator.errors import BadInput

INNOCENT = {
    "s3://bucket/fer2013.zip": "s3://bucket/fer2013.zip",
    "s3://bucket/a@b.zip?endpoint_override=127.0.0.1:9&scheme=http": "s3://bucket/a@b.zip",
    "gs://anonymous@bucket/faces": "gs://anonymous@bucket/faces",
    "abfs://box@account.dfs.core.windows.net/x?credential_kind=cli": (
        "abfs://box@account.dfs.core.windows.net/x"
    ),
    "hdfs://me@host:8020/x": "hdfs://me@host:8020/x",
    "file:///data/fer2013.zip": "file:///data/fer2013.zip",
}

TELLING = [
    "s3://AKIA:hush@bucket/x",
    "s3://hush@bucket/x",
    "s3://AKIA:hu/sh@bucket/x",
    "s3://AKIA:hu?sh@bucket/x",
    "s3://AKIA:hu/hush",
    "gs://me:hush@bucket/x",
    "fsspec+s3://hush@bucket/x",
    "ftp://me:hush@host/x",
    "s3://bucket/x?scheme=http&access_key=hush",
    "s3://bucket/x?secret_key=hush",
    "s3://bucket/x?session_token=hush",
    "abfs://box@account/x?client_secret=hush",
    "abfs://box@account/x?sig=hush",
    "abfs://box@account/x?sas=hush",
    "sftp://host/x?passphrase=hush",
    "ftp://host/x?password=hush",
]


@pytest.mark.parametrize("uri", INNOCENT)
def test_settings_of_the_connection_are_allowed_and_not_shown(uri):
    check(uri)
    assert is_uri(uri)
    assert shown(uri) == INNOCENT[uri]
    assert absolute(uri) == uri


@pytest.mark.parametrize("uri", TELLING)
def test_credentials_are_refused_and_not_repeated(uri):
    with pytest.raises(BadInput, match=r"the URI carries credentials .* environment") as caught:
        check(uri)
    for secret in ("hush", "hu/", "hu?", "sh@"):
        assert secret not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_paths_are_no_uris(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in ("faces.zip", "/data/faces.zip", "C:/faces", "a:b", tmp_path):
        assert not is_uri(path)
    assert absolute("faces.zip") == str(tmp_path / "faces.zip")
    assert shown("what?.zip") == "what?.zip"
