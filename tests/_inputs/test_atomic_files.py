import os
import stat

import pytest

from mnist_estimators._inputs.atomic_files import read_file, replace_file
from mnist_estimators.exceptions import ModelFileError


@pytest.fixture
def open_files():
    """The number of files that this process has open must not change."""
    folder = "/proc/self/fd"
    if not os.path.isdir(folder):
        yield
        return
    before = len(os.listdir(folder))
    yield
    assert len(os.listdir(folder)) == before


@pytest.mark.usefixtures("open_files")
class TestRead:
    def test_a_file_up_to_the_limit(self, tmp_path):
        path = tmp_path / "file"
        path.write_bytes(b"\r\n\x1a1234")
        assert read_file(path, 7) == b"\r\n\x1a1234"
        with pytest.raises(ModelFileError, match="it has 7 bytes, and max_bytes=6"):
            read_file(path, 6)

    def test_other_than_ordinary_files(self, tmp_path):
        with pytest.raises(ModelFileError, match="not an ordinary file"):
            read_file(tmp_path, 100)
        with pytest.raises(FileNotFoundError):
            read_file(tmp_path / "none", 100)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
    def test_a_pipe_is_not_waited_for(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(ModelFileError, match="not an ordinary file"):
            read_file(tmp_path / "pipe", 100)


@pytest.mark.usefixtures("open_files")
class TestReplace:
    def test_new_and_old(self, tmp_path):
        path = tmp_path / "file"
        for content in (b"first", b"2nd"):
            replace_file(path, content)
            assert path.read_bytes() == content
        assert os.listdir(tmp_path) == ["file"]

    def test_the_mode_and_links_stay(self, tmp_path):
        path, link = tmp_path / "file", tmp_path / "link"
        path.write_bytes(b"old")
        path.chmod(0o600)
        link.symlink_to(path)
        replace_file(link, b"new")
        assert link.is_symlink()
        assert path.read_bytes() == b"new"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_a_name_of_greatest_length(self, tmp_path):
        path = tmp_path / ("n" * 255)
        replace_file(path, b"content")
        assert path.read_bytes() == b"content"

    def test_a_folder(self, tmp_path):
        with pytest.raises(ModelFileError, match="not an ordinary file"):
            replace_file(tmp_path, b"content")

    def test_in_a_folder_that_is_missing(self, tmp_path):
        path = tmp_path / "none" / "file"
        with pytest.raises(FileNotFoundError, match="in the folder") as raised:
            replace_file(path, b"content")
        assert raised.value.filename == str(path)

    def test_an_interrupt_leaves_the_old_file(self, tmp_path, monkeypatch):
        path = tmp_path / "file"
        path.write_bytes(b"old")

        def interrupt(*_):
            raise KeyboardInterrupt

        monkeypatch.setattr(os, "replace", interrupt)
        with pytest.raises(KeyboardInterrupt):
            replace_file(path, b"new")
        assert path.read_bytes() == b"old"
        assert os.listdir(tmp_path) == ["file"]
