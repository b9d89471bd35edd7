import pytest

from orchestrator.data.containers.signatures import is_image, is_tar, other_kind


@pytest.mark.parametrize(
    "head",
    [
        b"\xff\xd8\xff\xe0..JFIF",
        b"\x89PNG\r\n\x1a\n....",
        b"GIF89a",
        b"II*\0....",
        b"RIFF\x10\0\0\0WEBPVP8 ",
    ],
)
def test_images_are_known_by_their_first_bytes(head):
    assert is_image(head)


@pytest.mark.parametrize(
    "head", [b"", b"RIFF\x10\0\0\0WAVEfmt ", b"BM6\0", b"emotion,pixels", b"\x89PN"]
)
def test_a_sound_or_a_text_is_none(head):
    assert not is_image(head)


def test_a_tar_has_its_mark_at_byte_257():
    assert is_tar(bytes(257) + b"ustar\x0000")
    assert not is_tar(bytes(256) + b"ustar\x0000")
    assert not is_tar(b"ustar")


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"7z\xbc\xaf\x27\x1c\0", "a 7z archive"),
        (b"Rar!\x1a\x07\x01\0", "a RAR archive"),
        (b"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"),
        (b"\xef\xbb\xbf\n  <!DOCTYPE HTML><html>", "a web page"),
        (b"<?xml version='1.0'?><Error>", "a web page"),
        (b"PK\x03\x04", ""),
        (b"emotion,pixels,Usage", ""),
        (b"a table of <html> tags", ""),
    ],
)
def test_known_kinds_that_hold_no_faces_are_called_what_they_are(head, words):
    assert other_kind(head).startswith(words)
    assert bool(other_kind(head)) == bool(words)
