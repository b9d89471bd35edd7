import hashlib

import numpy as np

from orchestrator.data.fingerprint import fingerprints, groups


def test_equal_pixels_have_equal_fingerprints_and_any_other_pixel_another():
    images = np.zeros((3, 48, 48), np.uint8)
    images[1, 47, 47] = 1
    first, second, third = fingerprints(images)
    assert first == third == hashlib.blake2b(bytes(2304), digest_size=16).hexdigest()
    assert second != first


def test_groups_are_numbered_in_the_order_of_their_fingerprints():
    assert groups(np.array(["b", "a", "b", "c"])).tolist() == [1, 0, 1, 2]
