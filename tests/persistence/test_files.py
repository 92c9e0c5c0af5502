"""A file is there whole, or not at all."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_estimators import NumpyDigitClassifier, load_model, save_model
from mnist_estimators.exceptions import ModelFileError

ONE = NumpyDigitClassifier(epochs=1)
OTHER = NumpyDigitClassifier(epochs=2)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_has_the_mode_of_any_new_file(tmp_path):
    (tmp_path / "any").touch()
    ONE.save(tmp_path / "model")
    assert mode(tmp_path / "model") == mode(tmp_path / "any")


def test_an_old_file_is_replaced_and_keeps_its_mode(tmp_path):
    path = tmp_path / "model"
    ONE.save(path)
    path.chmod(0o604)
    OTHER.save(str(path))
    assert load_model(path).epochs == 2
    assert mode(path) == 0o604
    assert [*tmp_path.iterdir()] == [path]


def test_a_link_stays_one(tmp_path):
    (tmp_path / "folder").mkdir()
    link, path = tmp_path / "link", tmp_path / "folder" / "model"
    link.symlink_to(path)
    ONE.save(link)
    assert link.is_symlink()
    assert load_model(path).epochs == load_model(link).epochs == 1


def test_where_a_save_fails_the_old_file_stays(tmp_path, monkeypatch):
    path = tmp_path / "model"
    ONE.save(path)

    def no_space(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space left"):
        OTHER.save(path)
    assert load_model(path).epochs == 1
    assert [*tmp_path.iterdir()] == [path]


def test_a_save_succeeds_where_folders_cannot_be_synchronised(tmp_path, monkeypatch):
    real = os.fsync

    def only_files(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(22, "Invalid argument")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", only_files)
    ONE.save(tmp_path / "model")
    assert load_model(tmp_path / "model").epochs == 1


def test_a_missing_folder_is_an_ordinary_error(tmp_path):
    path = tmp_path / "no" / "model"
    with pytest.raises(FileNotFoundError, match=f"in the folder '.*no': '{path}'"):
        ONE.save(path)


def test_a_file_in_the_place_of_the_folder_is_an_ordinary_error(tmp_path):
    (tmp_path / "no").touch()
    with pytest.raises(NotADirectoryError, match=r"in the folder '.*no'"):
        ONE.save(tmp_path / "no" / "model")


@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
def test_what_is_no_file_is_refused(tmp_path, kind):
    path = tmp_path / "it"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path = Path("/dev/null")
    with pytest.raises(ModelFileError, match="it is not an ordinary file"):
        save_model(ONE, path)
    with pytest.raises((ModelFileError, IsADirectoryError)):
        load_model(path)


def test_whenever_a_save_is_killed_one_of_both_files_is_there_whole(tmp_path):
    script = Path(__file__).with_name("killed_saves.py")
    done = subprocess.run(
        [sys.executable, script, tmp_path], check=True, capture_output=True, text=True
    )
    told = json.loads(done.stdout)
    assert told["damaged"] == []
    assert told["olds"] + told["news"] == 50
    assert min(told["olds"], told["news"]) > 0
    # Some were killed between the first byte written and the last.
    assert told["unfinished"] > 0
