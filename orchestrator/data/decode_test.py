import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from orchestrator.data.decode import CONVERTED, LAID, SCALED, decode
from orchestrator.data.testing import EXAMPLE, JPEG, image_folders, refused, write_zip
from orchestrator.errors import BadInput

RNG = np.random.default_rng(0)
FACE = RNG.integers(0, 256, (48, 48), np.uint8)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM"])
def test_a_gray_face_comes_through_bit_by_bit(kind):
    face, converted = decode(encoded(Image.fromarray(FACE), kind), "x")
    np.testing.assert_array_equal(face, FACE)
    assert converted == ()


def test_a_jpeg_gives_what_pillow_gives():
    data = encoded(Image.fromarray(FACE), "JPEG")
    np.testing.assert_array_equal(decode(data, "x")[0], np.asarray(Image.open(io.BytesIO(data))))


def test_colour_becomes_luma():
    pixels = np.zeros((48, 48, 3), np.uint8)
    pixels[..., 1] = 255
    face, converted = decode(encoded(Image.fromarray(pixels), "PNG"), "x")
    assert np.unique(face).tolist() == [150]  # 0.587 × 255 = 149.7
    assert converted == (CONVERTED,)


def test_of_a_wide_image_the_centre_square_is_kept():
    pixels = np.zeros((96, 192), np.uint8)
    pixels[:, 48:144] = 200
    face, _ = decode(encoded(Image.fromarray(pixels), "PNG"), "x")
    assert face.shape == (48, 48)
    assert face[:, 3:-3].min() == face[:, 3:-3].max() == 200


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_sixteen_bit_gray_keeps_its_range(kind):
    pixels = np.full((48, 48), 0x8000, np.uint16)
    pixels[0] = 0xFFFF
    face, changes = decode(encoded(Image.fromarray(pixels), kind), "x")
    assert np.unique(face).tolist() == [128, 255]
    assert changes == (SCALED,)


@pytest.mark.parametrize(
    ("dtype", "dark", "bright", "expected"),
    [
        (np.float32, 0.0, 1.0, [0, 255]),
        (np.float32, 0.2, 0.4, [51, 102]),  # of 1: an image need not use its range
        (np.float32, 51.0, 102.0, [51, 102]),
        (np.float32, 257.0, 65535.0, [1, 255]),
        (np.int32, 0, 1, [0, 1]),
        (np.int32, 51, 102, [51, 102]),
        (np.int32, 257, 65535, [1, 255]),
        (np.int32, 0, 2**31 - 1, [0, 127]),
    ],
)
def test_wider_gray_is_scaled_by_the_narrowest_range_that_holds_it(dtype, dark, bright, expected):
    pixels = np.full((48, 48), dark, dtype)
    pixels[24:] = bright
    face, changes = decode(encoded(Image.fromarray(pixels), "TIFF"), "x")
    assert np.unique(face).tolist() == expected
    assert changes == (SCALED,)


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_pixels_that_are_no_gray(value):
    pixels = np.full((48, 48), value, np.float32)
    with pytest.raises(BadInput, match="negative pixels, or pixels that are no numbers"):
        decode(encoded(Image.fromarray(pixels), "TIFF"), "x")


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGBA"), ("PNG", "LA"), ("WEBP", "RGBA")])
def test_transparent_pixels_are_laid_over_mid_gray(kind, mode):
    pixels = np.zeros((48, 48, len(mode)), np.uint8)
    pixels[24:] = 255  # opaque and white; above, transparent and black
    options = {"lossless": True} if kind == "WEBP" else {}
    face, changes = decode(encoded(Image.fromarray(pixels), kind, **options), "x")
    assert np.unique(face[:24]).tolist() == [128]
    assert np.unique(face[24:]).tolist() == [255]
    assert LAID in changes


def test_an_alpha_channel_that_hides_nothing_is_no_transparency():
    pixels = np.full((48, 48, 4), 255, np.uint8)
    assert decode(encoded(Image.fromarray(pixels), "PNG"), "x")[1] == (CONVERTED,)


def test_a_transparent_colour_of_a_palette_is_laid_over_mid_gray():
    image = Image.new("P", (48, 48))
    image.putpalette([255, 0, 255, 0, 0, 0])
    image.putpixel((1, 0), 1)
    face, changes = decode(encoded(image, "PNG", transparency=0), "x")
    assert face[0, :2].tolist() == [128, 0]
    assert LAID in changes


def test_a_photograph_is_turned_upright():
    pixels = np.zeros((48, 48), np.uint8)
    pixels[:24] = 255
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    face, _ = decode(encoded(Image.fromarray(pixels), "PNG", exif=exif), "x")
    assert face[0, 0] == 0
    assert face[-1, 0] == 255


def test_bytes_after_the_images_end_are_no_fault():
    data = encoded(Image.fromarray(FACE), "JPEG") + bytes(5000)
    assert decode(data, "x")[0].shape == (48, 48)


def jpeg_tree(tmp_path: Path, data: bytes) -> Path:
    return write_zip(image_folders(EXAMPLE) | {"train/sad/bad.jpg": data}, tmp_path / "x.zip")


@pytest.mark.parametrize("missing", [1, 2, 50, 500])
def test_a_truncated_jpeg(tmp_path, missing):
    path = jpeg_tree(tmp_path, JPEG[:-missing])
    refused(path, tmp_path, "x.zip, member train/sad/bad.jpg: damaged or cut-off image")


def test_an_image_file_that_is_no_image(tmp_path):
    path = jpeg_tree(tmp_path, b"not found, not at all")
    refused(path, tmp_path, "train/sad/bad.jpg: no image (21 bytes that start with b'not foun')")


def test_an_empty_image_file(tmp_path):
    refused(jpeg_tree(tmp_path, b""), tmp_path, "train/sad/bad.jpg: 0 bytes")


@pytest.mark.parametrize("side", [8_000, 11_000, 60_000])
def test_a_decompression_bomb_image(tmp_path, side):
    file = io.BytesIO()
    Image.new("1", (8, 8)).save(file, "PNG")
    head = file.getvalue()
    # A PNG's width and height stand at byte 16; the checksum of the header follows at 29.
    body = head[12:16] + struct.pack(">II", side, side) + head[24:29]
    crc = struct.pack(">I", zipfile.crc32(body))
    refused(jpeg_tree(tmp_path, head[:12] + body + crc + head[33:]), tmp_path, "decompression bomb")
