"""Any other data set: one folder of images a class, in any size and colour."""

from orchestrator.data.containers.container import Container
from orchestrator.data.layouts.image_files import image_files, read_image_files
from orchestrator.data.raw import Raw
from orchestrator.data.reading import Reading


def holds(container: Container) -> bool:
    """Whether there are images at all; tried last."""
    return bool(image_files(container))


def read(container: Container, reading: Reading) -> Raw:
    """The folders' faces, as training unless a file's name says otherwise.

    Raises:
        BadInput: for a file that lies in no class folder or does not decode.
    """
    return read_image_files(container, image_files(container), 1, reading)
