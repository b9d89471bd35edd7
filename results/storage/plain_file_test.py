import os

import pytest

from results.storage.plain_file import open_plain, refuse_links
from results.store import DamagedResults


def test_a_file_is_opened_a_link_to_one_is_not(tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    handle = open_plain(tmp_path / "file", os.O_RDONLY)
    assert os.read(handle, 99) == b"content"
    os.close(handle)
    with pytest.raises(DamagedResults, match=r"/link is a link; links in a results folder"):
        open_plain(tmp_path / "link", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    assert (tmp_path / "file").read_bytes() == b"content"


@pytest.mark.parametrize("name", ["logs", "images/a.png", "tensorboard/deep/er/run"])
@pytest.mark.parametrize("target", ["/etc/passwd", "/tmp", "nowhere"])
def test_any_link_below_a_folder_is_refused_wherever_it_leads(tmp_path, name, target):
    folder = tmp_path / "sweep"
    (folder / name).parent.mkdir(parents=True)
    refuse_links(folder)
    (folder / name).symlink_to(target)
    with pytest.raises(DamagedResults, match=rf"sweep/{name} is a link"):
        refuse_links(folder)
    refuse_links(folder, but=[name])


def test_the_folder_itself_may_be_a_link_or_absent(tmp_path):
    (tmp_path / "sweep").mkdir()
    (tmp_path / "short").symlink_to(tmp_path / "sweep")
    refuse_links(tmp_path / "short")
    refuse_links(tmp_path / "none")
