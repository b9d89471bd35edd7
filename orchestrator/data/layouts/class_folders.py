"""Any other data set: one folder of images a class, in any size and colour."""

from orchestrator.data.containers.container import Container
from orchestrator.data.layouts.image_folders import with_canonical_classes
from orchestrator.data.layouts.pictures import pictures, read_pictures
from orchestrator.data.raw import Raw


def holds(container: Container) -> bool:
    """Whether there are images at all; tried last."""
    return bool(pictures(container))


def read(container: Container) -> Raw:
    """The folders' faces, as training unless a file's name says otherwise.

    Raises:
        BadInput: for a file that lies in no class folder or does not decode.
    """
    raw = read_pictures(container, pictures(container), levels=1)
    return with_canonical_classes(raw) if raw.fer2013 else raw
