import pytest

from results.storage.secrets import (
    assigned_in,
    forms_in,
    has_login,
    hide,
    names_secret,
    secret_settings,
)

NAMES = {
    "AWS_SECRET_ACCESS_KEY": True,
    "aws_access_key_id": True,
    "access_key_id": True,
    "accessKeyId": True,
    "accesskey": True,
    "api_key": True,
    "apiKey": True,
    "APIKEY": True,
    "key": True,
    "ssh_key": True,
    "ssh-key": True,
    "private_key": True,
    "password": True,
    "DB_PASSWORD": True,
    "dbpassword": True,
    "passwd": True,
    "passphrase": True,
    "DB_PASS": True,
    "pwd": True,
    "token": True,
    "tokens": True,
    "GITHUB_TOKEN": True,
    "session_token": True,
    "authtoken": True,
    "sas": True,
    "sas_token": True,
    "sig": True,
    "X-Amz-Signature": True,
    "credential": True,
    "GOOGLE_APPLICATION_CREDENTIALS": True,
    "client_secret": True,
    "Authorization": True,
    "auth": True,  # Firebase's `?auth=` and npm's `_auth` hold the secret itself
    "_auth": True,
    "authOptions": False,
    "auth_mode": False,
    "RAY_AUTH_MODE": False,
    "author": False,
    "authority": False,
    "RAY_AUTH_TOKEN_PATH": False,
    "secretName": False,
    "secretKeyRef": False,
    "credential_kind": False,
    "tls_ca_file_path": False,
    "tokenizer": False,
    "keyboard": False,
    "monkey": False,
    "seed": False,
    "endpoint_override": False,
    "region": False,
    "scheme": False,
    "passes": False,
    "pass_count": False,
    "bypass": False,
    "design": False,
    "signal": False,
    "sash": False,
    "AWS_DEFAULT_REGION": False,
}

# URI: whether it has a login, its secret settings
URIS = {
    "s3://bucket/fer2013.zip": (False, []),
    "s3://bucket/a@b.zip?endpoint_override=127.0.0.1:9&scheme=http": (False, []),
    "s3://bucket?region=eu-central-1": (False, []),
    "abfs://box@account.dfs.core.windows.net/x?credential_kind=cli": (False, []),
    "gs://anonymous@bucket/faces": (False, []),
    "hdfs://me@host:8020/x": (False, []),
    "hdfs://[::1]:8020/x": (False, []),
    "file:///data/fer2013.zip": (False, []),
    "s3://AKIA:hush@bucket/x": (True, []),
    "s3://hush@bucket/x": (True, []),
    "fsspec+s3://hush@bucket/x": (True, []),
    "s3://AKIA:hu/sh@bucket/x": (True, []),
    "s3://AKIA:hu?sh@bucket/x": (True, []),
    "ftp://me:hush@host/x": (True, []),
    "ftp://host/x?password=hush": (False, ["password"]),
    "s3://bucket/x?scheme=http&access_key=hush&secret_key=hush": (
        False,
        ["access_key", "secret_key"],
    ),
    "s3://bucket/x?secret%5Fkey=hush": (False, ["secret_key"]),
    "s3://bucket/run#2?session_token=": (False, ["session_token"]),
    "abfs://box@account/x?sas=hush": (False, ["sas"]),
    "abfs://box@account/x?sig=hush": (False, ["sig"]),
    "sftp://host/x?ssh_key=hush&passphrase=hush": (False, ["ssh_key", "passphrase"]),
}

TEXTS = {
    "-----BEGIN RSA PRIVATE KEY-----": ["a private key"],
    "key AKIAABCDEFGHIJKLMNOP": ["an AWS access key"],
    "ghp_abcdefghijklmnopqrstuvwx": ["a token of GitHub"],
    "AIzaSyA1234567890123456789012345678901": ["a key of Google"],
    "eyJhbGciOiJIUzI1.eyJzdWIiOiIx.abc": ["a web token"],
    "--data s3://me:pw@runs/x": ["credentials in a URI"],
    "--data s3://me@runs/x": ["credentials in a URI"],
    "--data s3://runs/x?passphrase=hush": ["credentials in a URI's settings"],
    "--data s3://runs/x?region=eu": [],
    "python -m jobs.sweep architectures --set seed=3": [],
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_says_whether_its_value_is_secret(name):
    assert names_secret(name) == NAMES[name]


@pytest.mark.parametrize("uri", URIS)
def test_a_uri_carries_credentials_before_its_host_or_in_its_settings(uri):
    assert (has_login(uri), secret_settings(uri)) == URIS[uri]


@pytest.mark.parametrize("text", TEXTS)
def test_a_secret_is_known_by_its_look(text):
    assert forms_in(text) == TEXTS[text]
    assert (hide(text) == text) == (not TEXTS[text])
    assert forms_in(hide(text).replace("***", "")) == []


def test_a_value_given_to_a_telling_name_is_found_and_hidden():
    line = "env HF_TOKEN=hush MODE=x --api-key=hush --set seed=3 s3://b/x?region=eu&sas=hush&a=b"
    assert assigned_in(line) == [("HF_TOKEN", "hush"), ("api-key", "hush")]
    assert hide(line) == (
        "env HF_TOKEN=*** MODE=x --api-key=*** --set seed=3 s3://b/x?region=eu&sas=***&a=b"
    )
