"""What a file is by its first bytes, whatever it is called."""

HEAD = 512
"""First bytes that are looked at: a tar's mark stands at 257."""

GZIP, XZ, BZIP2, ZSTANDARD = b"\x1f\x8b", b"\xfd7zXZ\0", b"BZh", b"\x28\xb5\x2f\xfd"
COMPRESSED = (GZIP, XZ, BZIP2, ZSTANDARD)
"""First bytes of compressed files that are read."""

ZIP = (b"PK\x03\x04", b"PK\x05\x06")

_IMAGES = (
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF87a",
    b"GIF89a",
    b"II*\0",
    b"MM\0*",
)
_WEB_PAGES = (b"<!doctype html", b"<html", b"<head", b"<?xml")
_POINTER = b"version https://git-lfs"

_OTHERS = {
    b"7z\xbc\xaf\x27\x1c": (
        "a 7z archive, which is not read; unpack it (7z x FILE -oFOLDER) and give the folder"
    ),
    b"Rar!\x1a\x07": (
        "a RAR archive, which is not read; unpack it (unrar x FILE FOLDER/) and give the folder"
    ),
    _POINTER: "a Git LFS pointer and not the file itself; run git lfs pull where it was cloned",
}


def is_tar(head: bytes) -> bool:
    """Whether a tar archive starts so."""
    return head[257:262] == b"ustar"


def is_image(head: bytes) -> bool:
    """Whether an image starts so, of a format whose mark is no accident."""
    return head.startswith(_IMAGES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def other_kind(head: bytes) -> str:
    """What it is and what to do, where it is a known kind of file that holds no faces; else ""."""
    for mark, sentence in _OTHERS.items():
        if head.startswith(mark):
            return sentence
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_WEB_PAGES):
        return (
            "a web page (of a login or an error?) and not the file itself; download it again, "
            "where you are logged in"
        )
    return ""
