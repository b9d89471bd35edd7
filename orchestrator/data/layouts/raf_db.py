"""RAF-DB's basic set: what its numbers mean, where its own file names stand beside them.

Elsewhere numbers from 1 to 7 say nothing: they stay names. http://www.whdeng.cn/RAF/model1.html
"""

import re
from collections.abc import Collection

EXPRESSIONS = dict(
    zip("1234567", ("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral"), strict=True)
)
"""RAF-DB's numbers for its basic expressions."""

LINE = re.compile(r"((?:train|test)_\d+(?:_aligned)?\.\w+)\s+(\d{1,2})\s*")
"""A line of list_patition_label.txt: file, number; of the compound set too."""

# Of the basic set: that of compound expressions has four digits in train as well.
_FILE = re.compile(r"(?:train_\d{5}|test_\d{4,5})(?:_aligned)?\.\w+")


def numbers_of(labels: Collection[str], files: Collection[str]) -> dict[str, str]:
    """What the labels mean, if they are RAF-DB's numbers; empty where they are not.

    Args:
        labels: as they are written.
        files: of the images that have them, with or without folders.

    >>> numbers_of(["4"], ["train/4/train_00001_aligned.jpg"])["4"], numbers_of(["4"], ["4/a.jpg"])
    ('happy', {})
    """
    if not files or not set(labels) <= set(EXPRESSIONS):
        return {}
    are_its_own = all(_FILE.fullmatch(file.rsplit("/", 1)[-1]) for file in files)
    return EXPRESSIONS if are_its_own else {}
