import re
import socket

import numpy as np
import pytest

from mnist_estimators.datasets import load_mnist
from mnist_estimators.exceptions import ChecksumError, DatasetNotFoundError

pytestmark = pytest.mark.usefixtures("no_mnist")


# --- What is returned ---------------------------------------------------------------


@pytest.mark.parametrize("form", ["idx", "idx.gz", "npz"])
@pytest.mark.parametrize("subset", ["train", "test"])
def test_every_form_gives_the_same_arrays(tiny_mnist, tmp_path, form, subset):
    folder = tiny_mnist.write(tmp_path / "data", form)
    images, y = load_mnist(subset=subset, as_images=True, data_home=folder)
    np.testing.assert_array_equal(images, tiny_mnist.arrays[f"x_{subset}"])
    np.testing.assert_array_equal(y, tiny_mnist.arrays[f"y_{subset}"])
    assert (images.dtype, y.dtype) == (np.uint8, np.int64)


def test_all_is_train_followed_by_test(tiny_mnist, tmp_path):
    folder = tiny_mnist.write(tmp_path / "data", "npz")
    X_all, y_all = load_mnist(subset="all", data_home=folder)
    X_train, y_train = load_mnist(data_home=folder)
    X_test, y_test = load_mnist(subset="test", data_home=folder)
    np.testing.assert_array_equal(X_all, np.vstack([X_train, X_test]))
    np.testing.assert_array_equal(y_all, np.concatenate([y_train, y_test]))
    assert X_all.shape == (tiny_mnist.n_train + tiny_mnist.n_test, 784)


def test_the_arrays_are_the_callers_own(tiny_mnist, tmp_path):
    folder = tiny_mnist.write(tmp_path / "data", "idx")
    X, y = load_mnist(data_home=folder)
    X[:], y[:] = 0, 0
    X_again, y_again = load_mnist(data_home=folder)
    assert X_again.any()
    assert y_again.any()


def test_the_description_counts_the_subset(tiny_mnist, tmp_path):
    folder = tiny_mnist.write(tmp_path / "data", "idx")
    bunch = load_mnist(subset="test", return_X_y=False, data_home=folder)
    assert f":Samples: {tiny_mnist.n_test}" in bunch.DESCR
    for digit in range(10):
        assert f"    {digit}: {tiny_mnist.n_test // 10}\n" in bunch.DESCR
    assert bunch.source in bunch.DESCR


def test_only_the_files_of_the_subset_are_needed(tiny_mnist, tmp_path):
    folder = tiny_mnist.write(tmp_path / "data", "idx")
    (folder / "train-images-idx3-ubyte").unlink()
    _, y_test = load_mnist(subset="test", data_home=folder)
    assert len(y_test) == tiny_mnist.n_test
    with pytest.raises(DatasetNotFoundError):
        load_mnist(subset="all", data_home=folder)


# --- Where it is looked for ---------------------------------------------------------


def source(**parameters):
    return load_mnist(return_X_y=False, **parameters).source


def test_the_places_are_searched_in_order(
    tiny_mnist, tmp_path, monkeypatch, set_keras_download
):
    (train, test) = [
        (tiny_mnist.arrays[f"x_{part}"], tiny_mnist.arrays[f"y_{part}"])
        for part in ("train", "test")
    ]
    set_keras_download(lambda: (train, test))
    assert source() == "download by keras.datasets.mnist"

    cache = tiny_mnist.write(tmp_path / "keras" / "datasets", "npz")
    assert source() == f"mnist.npz in {cache} (Keras' cache)"

    named = tiny_mnist.write(tmp_path / "named", "idx.gz")
    monkeypatch.setenv("MNIST_ESTIMATORS_DATA", str(named))
    assert source() == f"IDX files in {named} (MNIST_ESTIMATORS_DATA)"

    given = tiny_mnist.write(tmp_path / "given", "idx")
    assert source(data_home=given) == f"IDX files in {given} (data_home)"


def test_keras_cache_is_in_the_home_folder_by_default(
    tiny_mnist, tmp_path, monkeypatch
):
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    cache = tiny_mnist.write(tmp_path / ".keras" / "datasets", "npz")
    assert source() == f"mnist.npz in {cache} (Keras' cache)"


def test_a_folder_without_mnist_is_passed_over(tiny_mnist, tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    named = tiny_mnist.write(tmp_path / "named", "npz")
    monkeypatch.setenv("MNIST_ESTIMATORS_DATA", str(named))
    assert str(named) in source(data_home=tmp_path / "empty")


def test_a_named_folder_that_does_not_exist_is_an_error(
    tiny_mnist, tmp_path, monkeypatch
):
    tiny_mnist.write(tmp_path / "keras" / "datasets", "npz")
    missing = tmp_path / "mising"
    with pytest.raises(FileNotFoundError, match=r"data_home .*mising"):
        load_mnist(data_home=missing)
    monkeypatch.setenv("MNIST_ESTIMATORS_DATA", str(missing))
    with pytest.raises(
        FileNotFoundError, match=r"MNIST_ESTIMATORS_DATA .*mising"
    ) as raised:
        load_mnist()
    assert not isinstance(raised.value, DatasetNotFoundError)


def test_an_empty_environment_variable_counts_as_unset(
    tiny_mnist, tmp_path, monkeypatch
):
    cache = tiny_mnist.write(tmp_path / "keras" / "datasets", "npz")
    monkeypatch.setenv("MNIST_ESTIMATORS_DATA", "")
    assert str(cache) in source()


def test_nothing_found_names_the_four_ways(tmp_path, capfd):
    with pytest.raises(DatasetNotFoundError) as raised:
        load_mnist(data_home=tmp_path)
    message = str(raised.value)
    for way in [
        rf"1\. data_home: {re.escape(str(tmp_path))} has neither",
        r"2\. MNIST_ESTIMATORS_DATA: not set",
        r"3\. Keras' cache: .*keras.datasets has neither",
        r"4\. download by keras.datasets.mnist: URL fetch failure",
        r"load_small_digits\(\) needs no download",
    ]:
        assert re.search(way, message), way
    assert capfd.readouterr() == ("", "")


def test_a_download_leaves_the_socket_timeout_as_it_was(set_keras_download):
    seen = []

    def fail():
        seen.append(socket.getdefaulttimeout())
        raise TimeoutError("timed out")

    set_keras_download(fail)
    before = socket.getdefaulttimeout()
    with pytest.raises(DatasetNotFoundError, match="timed out"):
        load_mnist()
    assert seen[0] > 0
    assert socket.getdefaulttimeout() == before


# --- Wrong files and parameters -----------------------------------------------------


def test_other_digits_under_the_names_of_mnist_are_refused(tmp_path, tiny_mnist):
    tiny_mnist.arrays["x_train"][0, 0, 0] ^= 1
    for form in ["idx", "idx.gz", "npz"]:
        folder = tiny_mnist.write(tmp_path / form, form)
        with pytest.raises(ChecksumError, match="MD5 of train-images-idx3-ubyte"):
            load_mnist(data_home=folder)


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("idx", "train-images-idx3-ubyte"),
        ("idx.gz", "train-labels-idx1-ubyte.gz"),
        ("npz", "mnist.npz"),
    ],
)
@pytest.mark.parametrize("damage", ["truncated", "emptied", "overwritten"])
def test_a_damaged_file_is_named_with_the_mend(
    tiny_mnist, tmp_path, form, name, damage
):
    path = tiny_mnist.write(tmp_path, form) / name
    content = path.read_bytes()
    damaged = {
        "truncated": content[: len(content) // 2],
        "emptied": b"",
        "overwritten": b"<html>Not found</html>",
    }[damage]
    path.write_bytes(damaged)
    message = rf"{re.escape(str(path))} does not hold .* Delete the file"
    with pytest.raises(ChecksumError, match=message):
        load_mnist(data_home=tmp_path)


def test_an_npz_with_other_contents_is_refused(tiny_mnist, tmp_path):
    np.savez(tmp_path / "mnist.npz", x_train=tiny_mnist.arrays["x_train"])
    with pytest.raises(ChecksumError, match="y_train"):
        load_mnist(data_home=tmp_path)
    np.savez(
        tmp_path / "mnist.npz",
        x_train=tiny_mnist.arrays["x_train"],
        y_train=tiny_mnist.arrays["y_train"].astype(np.int64),
    )
    with pytest.raises(ChecksumError, match="int64, not uint8"):
        load_mnist(data_home=tmp_path)


def test_a_pickle_in_an_npz_is_never_loaded(tmp_path):
    np.savez(tmp_path / "mnist.npz", x_train=np.array([{}]), y_train=np.array([{}]))
    with pytest.raises(ChecksumError, match="allow_pickle"):
        load_mnist(data_home=tmp_path)


def test_wrong_parameters_are_named():
    with pytest.raises(ValueError, match=r"subset must be one of .*; got 'valid'"):
        load_mnist(subset="valid")
    with pytest.raises(ValueError, match="as_frame=True and as_images=True"):
        load_mnist(as_frame=True, as_images=True)
    with pytest.raises(TypeError, match=r"data_home must be .*; got 5"):
        load_mnist(data_home=5)


# --- The real one -------------------------------------------------------------------


def test_real_mnist(mnist):
    assert mnist.X_train.shape == (60_000, 784)
    assert mnist.X_test.shape == (10_000, 784)
    assert (mnist.X_train.min(), mnist.X_train.max()) == (0, 255)
    counts = [6903, 7877, 6990, 7141, 6824, 6313, 6876, 7293, 6825, 6958]
    labels = np.concatenate([mnist.y_train, mnist.y_test])
    np.testing.assert_array_equal(np.bincount(labels), counts)


def test_a_real_mnist_packed_as_npz_passes_the_checksums(mnist, tmp_path):
    np.savez(
        tmp_path / "mnist.npz",
        x_test=mnist.X_test.reshape(10_000, 28, 28),
        y_test=mnist.y_test.astype(np.uint8),
    )
    X, _ = load_mnist(subset="test", data_home=tmp_path)
    np.testing.assert_array_equal(X, mnist.X_test)


def test_the_checksums_are_those_of_the_original_files(tmp_path):
    for name in ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"]:
        (tmp_path / name).write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 1, 7]))
    with pytest.raises(ChecksumError, match="not 6bbc9ace898e44ae57da46a324031adb"):
        load_mnist(data_home=tmp_path)
