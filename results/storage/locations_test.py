import pyarrow.fs as pafs
import pytest

from results.storage.locations import open_location

SECRET = "wJalrXUtnFEMI"
ELSEWHERE = "endpoint_override=127.0.0.1:9"


@pytest.mark.parametrize(
    ("text", "shown", "base"),
    [
        ("/runs/first/", "/runs/first", "/runs/first"),
        ("/", "/", "/"),
        ("file:///runs/a%20b/", "file:///runs/a%20b", "/runs/a b"),
        (f"s3://bucket/?{ELSEWHERE}", "s3://bucket", "bucket"),
        (f"s3://bucket/a/b/?{ELSEWHERE}", "s3://bucket/a/b", "bucket/a/b"),
        ("gs://anonymous@bucket/a", "gs://anonymous@bucket/a", "bucket/a"),
        ("memory://bucket/a", "memory://bucket/a", "/bucket/a"),
        ("fsspec+memory://bucket/a", "fsspec+memory://bucket/a", "/bucket/a"),
    ],
)
def test_places(text, shown, base):
    place = open_location(text)
    assert (place.shown, place.base) == (shown, base)


def test_region_and_endpoint_of_a_bucket_elsewhere(monkeypatch):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    place = open_location("s3://bucket/a?endpoint_override=http://127.0.0.1:9")
    assert place.settings == "endpoint_override=http://127.0.0.1:9"
    assert isinstance(place.files, pafs.S3FileSystem)
    assert place.files.region == "us-east-1"
    assert open_location(f"s3://bucket?region=eu-west-1&{ELSEWHERE}").files.region == "eu-west-1"
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    assert open_location(f"s3://bucket?{ELSEWHERE}").files.region == "eu-north-1"


@pytest.mark.parametrize(
    "text",
    [
        f"s3://key:{SECRET}@bucket/a?{ELSEWHERE}",
        f"s3://{SECRET}@bucket/a?{ELSEWHERE}",
        f"s3://bucket/a?access_key={SECRET}&{ELSEWHERE}",
        f"s3://bucket/a?{ELSEWHERE}&secret_key={SECRET}",
        f"s3://bucket/a?secret%5Fkey={SECRET}",
        f"s3://bucket/a?session_token={SECRET}",
        f"s3://bucket/a?X-Amz-Signature={SECRET}",
        f"abfs://container:{SECRET}@account.dfs.core.windows.net/a",
        f"abfs://container@account.dfs.core.windows.net/a?sas_token={SECRET}",
        f"gs://bucket/a?access_token={SECRET}",
        f"sftp://host/a?ssh_key={SECRET}",
        f"sftp://host/a?passphrase={SECRET}",
        f"ftp://me:{SECRET}@host/a",
        f"s3://[key:{SECRET}@bucket/a",
        f"s3://key:{SECRET}@\u2100/a",
    ],
)
def test_credentials_are_refused_and_not_repeated(text):
    with pytest.raises(ValueError, match=r"environment|brackets") as caught:
        open_location(text)
    problem = caught.value
    assert SECRET not in str(problem)
    assert problem.__cause__ is None
    assert problem.__suppress_context__ or problem.__context__ is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("gopher://x", "Protocol not known: gopher"),
        ("s3://", "it names no bucket"),
        (f"s3://bucket/run#2?{ELSEWHERE}", 'it has a "#"; write %23'),
        ("s3://bucket?region=eu&colour=red", "unknown setting colour"),
        (f"s3://bucket?scheme=gopher&{ELSEWHERE}", "Invalid S3 connection scheme"),
        ("gs://bucket?colour=red", "Unexpected query parameter"),
    ],
)
def test_no_place_is_told_with_what_was_found_and_an_example(text, fault):
    with pytest.raises(ValueError, match=rf"no place .*{fault}.* s3://bucket/folder"):
        open_location(text)


@pytest.mark.parametrize("text", ["s3://[bucket/a", "s3://bu]cket/a"])
def test_brackets_in_a_bucket_s_name_are_no_uri(text):
    with pytest.raises(ValueError, match=r"begins with s3:// is no URI; write it like s3://bucket"):
        open_location(text)


@pytest.fixture
def amazon(monkeypatch):
    """Sets what Amazon answers to who asks for a bucket's region; none is chosen here."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)

    def answers(problem: OSError) -> None:
        def resolve(bucket: str) -> str:
            raise problem

        monkeypatch.setattr(pafs, "resolve_s3_region", resolve)

    return answers


def test_a_bucket_that_amazon_does_not_know_is_named(amazon):
    amazon(OSError("Bucket 'nobody' not found"))
    with pytest.raises(ValueError, match=r"s3://nobody/a is no place .*there is no bucket nobody"):
        open_location("s3://nobody/a")


def test_where_amazon_cannot_be_asked_a_chosen_region_does(amazon, monkeypatch):
    amazon(OSError("When resolving region for bucket 'b': curlCode: 6"))
    with pytest.raises(OSError, match="When resolving region"):
        open_location("s3://b/a")
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    assert open_location("s3://b/a").files.region == "eu-north-1"
