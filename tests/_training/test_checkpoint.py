"""A fit that is killed goes on from its checkpoint, as if nothing had happened."""

import copy
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
import scipy
import sklearn
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from mnist_estimators import (
    CNNDigitClassifier,
    DenseDigitClassifier,
    DigitVotingClassifier,
)
from mnist_estimators._training import interrupts, loop
from mnist_estimators._training.checkpoint import Checkpoint
from mnist_estimators._training.trainer import Trainer
from mnist_estimators.augmentation import DigitAugmenter
from mnist_estimators.exceptions import ModelFileError

N_EPOCHS = 5
DENSE = DenseDigitClassifier(
    hidden_layer_sizes=(12,),
    batch_normalization=True,
    dropout=0.2,
    epochs=N_EPOCHS,
    batch_size=32,
    random_state=0,
)
CNN = CNNDigitClassifier(
    filters=(4,),
    dense_layer_sizes=(8,),
    batch_normalization=True,
    spatial_dropout=0.1,
    epochs=N_EPOCHS,
    batch_size=32,
    augmenter=DigitAugmenter(),
    validation_fraction=0.2,
    random_state=0,
)


@pytest.fixture(scope="module")
def data(small_digits):
    X, y = small_digits
    return X[:200], y[:200]


@pytest.fixture
def killed_fit(monkeypatch):
    """Fit, but write only the first checkpoints: those that a killed fit leaves.

    What is returned is the fit that was not killed.
    """

    def fit(classifier, X, y, n_checkpoints=2, **options):
        write, written = Checkpoint.write, []

        def write_first_ones(checkpoint, state):
            if len(written) < n_checkpoints:
                write(checkpoint, state)
                written.append(state)

        with monkeypatch.context() as patch:
            patch.setattr(Checkpoint, "write", write_first_ones)
            return classifier.fit(X, y, **options)

    return fit


@pytest.fixture
def epochs_trained(monkeypatch):
    """The epochs that are trained from here on: a member for each."""
    trained = []
    train_epoch = loop._Run._train_epoch

    def count(run, *arguments):
        trained.append(run)
        return train_epoch(run, *arguments)

    monkeypatch.setattr(loop._Run, "_train_epoch", count)
    return trained


@pytest.fixture
def no_steps(monkeypatch):
    """Leave out the training itself."""
    monkeypatch.setattr(Trainer, "run", lambda *_: np.ones(2))
    monkeypatch.setattr(Trainer, "evaluate", lambda *_: (1.0, 0.5))


def assert_same_fit(found, expected):
    assert found.history_ == expected.history_
    for mine, theirs in zip(found.weights_, expected.weights_, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    # With warm_start they keep these.
    found, expected = found._fitted, expected._fitted
    assert found.earlier_steps == expected.earlier_steps
    for mine, theirs in zip(found.optimizer, expected.optimizer, strict=True):
        np.testing.assert_array_equal(mine, theirs)


class TestAKilledFit:
    @pytest.mark.parametrize(
        ("classifier", "parameters"),
        [
            pytest.param(DENSE, {}, id="dense"),
            pytest.param(CNN, {}, id="cnn"),
            pytest.param(
                DENSE,
                {"learning_rate_schedule": None, "class_weight": "balanced"},
                id="constant",
            ),
            pytest.param(DENSE, {"optimizer": "nadam"}, id="nadam"),
            pytest.param(DENSE, {"optimizer": "adafactor", "l2": 0.01}, id="adafactor"),
            pytest.param(
                DENSE,
                {"optimizer": keras.optimizers.SGD(momentum=0.9, use_ema=True)},
                id="averaged weights",
            ),
            pytest.param(
                DENSE,
                {"early_stopping": True, "patience": 1, "learning_rate": 0.1},
                id="early stopping",
            ),
            pytest.param(
                DENSE, {"random_state": np.random.RandomState(3)}, id="RandomState"
            ),
        ],
    )
    def test_ends_as_one_that_was_not(
        self, classifier, parameters, data, tmp_path, killed_fit, epochs_trained
    ):
        classifier = clone(classifier).set_params(
            **parameters, checkpoint_dir=tmp_path, warm_start=True
        )
        whole = killed_fit(clone(classifier), *data)
        epochs_trained.clear()
        resumed = clone(classifier).fit(*data)
        assert_same_fit(resumed, whole)
        assert len(epochs_trained) == resumed.n_iter_ - 2

    def test_a_checkpoint_changes_nothing(self, data, tmp_path):
        with_one = clone(DENSE).set_params(checkpoint_dir=tmp_path)
        assert_same_fit(with_one.fit(*data), clone(DENSE).fit(*data))

    def test_also_in_compiled_steps(self, data, tmp_path, killed_fit, monkeypatch):
        monkeypatch.setattr(loop, "XLA_MIN_STEPS", 1)
        classifier = clone(DENSE).set_params(checkpoint_dir=tmp_path, warm_start=True)
        classifier.set_params(batch_normalization=False)  # which compiles slowly
        whole = killed_fit(clone(classifier), *data)
        assert_same_fit(classifier.fit(*data), whole)

    def test_also_with_weights_from_another_network(self, data, tmp_path, killed_fit):
        X, y = data
        pretrained = clone(DENSE).fit(X, y)
        new = clone(DENSE).set_params(init_from=pretrained, random_state=1)
        options = {
            "sample_weight": np.linspace(0, 2, len(y)),
            "validation_data": (X[:50], y[:50]),
        }
        new.set_params(checkpoint_dir=tmp_path, warm_start=True)
        whole = killed_fit(clone(new), X, y, **options)
        assert_same_fit(new.fit(X, y, **options), whole)

    def test_also_where_it_went_on_from_another_fit(self, data, tmp_path, killed_fit):
        X, y = data
        first = clone(DENSE).set_params(warm_start=True).fit(X, y)
        first.set_params(checkpoint_dir=tmp_path)
        whole = killed_fit(copy.deepcopy(first), X, y)
        resumed = first.fit(X, y)
        assert_same_fit(resumed, whole)
        assert resumed.n_iter_ == 2 * N_EPOCHS

    def test_twice(self, data, tmp_path, killed_fit):
        classifier = clone(DENSE).set_params(checkpoint_dir=tmp_path, warm_start=True)
        whole = killed_fit(clone(classifier), *data)
        killed_fit(clone(classifier), *data, n_checkpoints=1)
        assert_same_fit(classifier.fit(*data), whole)

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
    def test_by_the_operating_system(self, data, tmp_path, epochs_trained):
        np.savez(tmp_path / "data.npz", X=data[0], y=data[1])
        # In the midst of writing what comes after the third epoch.
        code = (
            "import os, signal, sys, numpy as np\n"
            "from test_checkpoint import KILLED\n"
            "sync, calls = os.fsync, []\n"
            "def sync_or_die(file):\n"
            "    calls.append(file)\n"
            "    if len(calls) == 2 * 2 + 1:  # each write syncs file and folder\n"
            "        os.kill(os.getpid(), signal.SIGKILL)\n"
            "    sync(file)\n"
            "os.fsync = sync_or_die\n"
            "data = np.load(sys.argv[1])\n"
            "KILLED.set_params(checkpoint_dir=sys.argv[2]).fit(data['X'], data['y'])\n"
        )
        folder = tmp_path / "checkpoints"
        arguments = ["-c", code, str(tmp_path / "data.npz"), str(folder)]
        done = subprocess.run(
            [sys.executable, *arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert done.returncode == -signal.SIGKILL
        assert sorted(path.suffix for path in folder.iterdir()) == [
            ".checkpoint",
            ".tmp",
        ]
        resumed = clone(KILLED).set_params(checkpoint_dir=folder).fit(*data)
        assert len(epochs_trained) == KILLED.epochs - 2
        assert_same_fit(resumed, clone(KILLED).fit(*data))

    def test_that_was_interrupted_by_the_user_goes_on_too(
        self, data, tmp_path, monkeypatch
    ):
        classifier = clone(DENSE).set_params(warm_start=True)
        whole = clone(classifier).fit(*data)
        classifier.set_params(checkpoint_dir=tmp_path)
        train_epoch = loop._Run._train_epoch

        def train_two(run, *arguments):
            if len(run.epochs) == 2:
                raise KeyboardInterrupt
            return train_epoch(run, *arguments)

        with monkeypatch.context() as patch:
            patch.setattr(loop._Run, "_train_epoch", train_two)
            with pytest.warns(UserWarning, match="after 2 of 5 epochs"):
                clone(classifier).fit(*data)
            patch.setattr(interrupts, "_ended_a_fit", -np.inf)  # it was long ago
            with pytest.warns(UserWarning, match="after 2 of 5 epochs"):
                at_once = clone(classifier).fit(*data)
        assert at_once.history_ == {
            name: curve[:2] for name, curve in whole.history_.items()
        }
        assert_same_fit(classifier.fit(*data), whole)


KILLED = clone(DENSE).set_params(
    early_stopping=True, augmenter=DigitAugmenter(), warm_start=True
)


class Chain(DigitAugmenter):
    """Do what another augmenter does, and more."""

    def __init__(self, inner=None, random_state=None):
        super().__init__(random_state=random_state)
        self.inner = inner


class TestWhichFit:
    def test_a_finished_one_is_there_at_once(self, data, tmp_path, epochs_trained):
        classifier = clone(DENSE).set_params(checkpoint_dir=tmp_path, warm_start=True)
        whole = clone(classifier).fit(*data)
        assert len(epochs_trained) == N_EPOCHS
        assert_same_fit(classifier.fit(*data), whole)
        assert len(epochs_trained) == N_EPOCHS

    def test_early_stopping_remains_stopped(self, data, tmp_path, epochs_trained):
        classifier = clone(DENSE).set_params(
            early_stopping=True,
            patience=1,
            epochs=50,
            learning_rate=0.1,
            checkpoint_dir=tmp_path,
            warm_start=True,
        )
        whole = clone(classifier).fit(*data)
        assert whole.n_iter_ == len(epochs_trained) < 50
        assert_same_fit(classifier.fit(*data), whole)
        assert whole.n_iter_ == len(epochs_trained)

    def test_another_call_of_a_fitted_one_trains_on(
        self, data, tmp_path, epochs_trained
    ):
        classifier = clone(DENSE).set_params(checkpoint_dir=tmp_path, warm_start=True)
        classifier.fit(*data).fit(*data)
        assert classifier.n_iter_ == len(epochs_trained) == 2 * N_EPOCHS

    def test_without_warm_start_it_begins_anew(
        self, data, tmp_path, killed_fit, epochs_trained
    ):
        classifier = clone(DENSE).set_params(checkpoint_dir=tmp_path)
        killed_fit(clone(classifier), *data, n_checkpoints=3)
        killed_fit(clone(classifier), *data, n_checkpoints=1)
        epochs_trained.clear()
        classifier.set_params(warm_start=True).fit(*data)
        assert len(epochs_trained) == N_EPOCHS - 1

    @pytest.mark.parametrize(
        "parameters",
        [
            {"learning_rate": 0.01},
            {"epochs": N_EPOCHS + 1},
            {"hidden_layer_sizes": (13,)},
            {"dropout": 0.3},
            {"optimizer": keras.optimizers.Adam(beta_1=0.8)},
            {"label_smoothing": 0.1},
            {"validation_fraction": 0.1},
            {"augmenter": DigitAugmenter()},
            {"random_state": 1},
        ],
        ids=lambda parameters: next(iter(parameters)),
    )
    def test_other_parameters_make_another_one(
        self, data, tmp_path, no_steps, parameters
    ):
        classifier = clone(DENSE).set_params(checkpoint_dir=tmp_path, warm_start=True)
        clone(classifier).fit(*data)
        clone(classifier).set_params(**parameters).fit(*data)
        assert len([*tmp_path.iterdir()]) == 2

    def test_so_do_other_data(self, data, tmp_path, no_steps):
        X, y = data
        other_image, other_label = X.copy(), y.copy()
        other_image[7, 300] += 1
        other_label[7] = (y[7] + 1) % 10
        weights = np.ones(len(y))
        weights[7] = 2
        classifier = clone(DENSE).set_params(checkpoint_dir=tmp_path, warm_start=True)
        for arrays in [
            (X, y),
            (other_image, y),
            (X, other_label),
            (X, y, weights),
            (X, y, None, (X, y)),
        ]:
            clone(classifier).fit(*arrays)
        assert len([*tmp_path.iterdir()]) == 5

    def test_how_images_are_stored_and_what_is_printed_do_not_matter(
        self, data, tmp_path, killed_fit, capsys
    ):
        X, y = data
        classifier = clone(DENSE).set_params(checkpoint_dir=tmp_path, warm_start=True)
        killed_fit(clone(classifier), X, y)
        images = np.asfortranarray(X.reshape(-1, 28, 28))
        classifier.set_params(verbose=2, checkpoint_dir=str(tmp_path))
        classifier.fit(images, y.astype(str))
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].startswith("epoch 2/5")
        assert len(lines) == 1 + 3

    def test_fits_of_a_search_share_a_folder(self, data, tmp_path, epochs_trained):
        X, y = data
        classifier = clone(DENSE).set_params(
            epochs=2, checkpoint_dir=tmp_path, warm_start=True
        )
        search = GridSearchCV(classifier, {"learning_rate": [0.001, 0.01]}, cv=2)
        first = clone(search).fit(X, y)
        n_epochs = len(epochs_trained)
        again = search.fit(X, y)
        assert len(epochs_trained) == n_epochs == 2 * (2 * 2 + 1)
        for name in ("mean_test_score", "params"):
            assert str(again.cv_results_[name]) == str(first.cv_results_[name])
        np.testing.assert_array_equal(again.predict_proba(X), first.predict_proba(X))

    def test_members_of_a_vote_share_a_folder(self, data, tmp_path, epochs_trained):
        classifier = clone(DENSE).set_params(checkpoint_dir=tmp_path, warm_start=True)
        vote = DigitVotingClassifier(classifier, n_members=2, voting="soft")
        one, other = clone(vote).fit(*data).estimators_
        assert (one.weights_[0] != other.weights_[0]).any()
        again = vote.fit(*data).estimators_
        assert len(epochs_trained) == 2 * N_EPOCHS
        for mine, theirs in zip(again, (one, other), strict=True):
            assert_same_fit(mine, theirs)

    @pytest.mark.parametrize(
        "library", [np, scipy, sklearn], ids=lambda one: one.__name__
    )
    def test_other_versions_of_the_libraries_make_another_one(
        self, data, tmp_path, no_steps, library, monkeypatch
    ):
        classifier = clone(DENSE).set_params(checkpoint_dir=tmp_path)
        clone(classifier).fit(*data)
        monkeypatch.setattr(library, "__version__", "99.0")
        clone(classifier).fit(*data)
        assert len([*tmp_path.iterdir()]) == 2

    def test_an_augmenter_is_known_by_its_class_and_those_inside_it(
        self, data, tmp_path, no_steps, monkeypatch
    ):
        classifier = clone(DENSE).set_params(checkpoint_dir=tmp_path)
        for n_files, augmenter in [
            (1, Chain(DigitAugmenter())),
            (1, Chain(DigitAugmenter(), random_state=1)),  # the classifier seeds it
            (2, Chain(DigitAugmenter(random_state=1))),
        ]:
            clone(classifier).set_params(augmenter=augmenter).fit(*data)
            assert len([*tmp_path.iterdir()]) == n_files
        monkeypatch.setattr(Chain, "__module__", "elsewhere")
        monkeypatch.setitem(sys.modules, "elsewhere", sys.modules[__name__])
        classifier.set_params(augmenter=augmenter).fit(*data)
        assert len([*tmp_path.iterdir()]) == 3

    def test_partial_fit_has_none(self, data, tmp_path):
        classifier = clone(DENSE).set_params(checkpoint_dir=tmp_path / "none")
        classifier.partial_fit(*data, classes=range(10))
        assert not any(tmp_path.iterdir())


class TestTheFile:
    @pytest.fixture
    def classifier(self, data, tmp_path, killed_fit):
        classifier = clone(DENSE).set_params(checkpoint_dir=tmp_path, warm_start=True)
        killed_fit(clone(classifier), *data)
        return classifier

    def test_is_the_only_one_and_plain_data(self, classifier, tmp_path):
        (path,) = tmp_path.iterdir()
        assert path.suffix == ".checkpoint"
        content = path.read_bytes()
        assert content.startswith(b"mnist_estimators checkpoint 3 ")
        archive = tmp_path / "arrays.npz"
        archive.write_bytes(content.split(b"\n", 2)[2])
        with np.load(archive, allow_pickle=False) as arrays:
            assert arrays["weights_0"].shape == (784, 12)

    @pytest.mark.parametrize(
        ("spoil", "message"),
        [
            (lambda content: b"", "does not begin as one"),
            (lambda content: content[:-1], "SHA-256"),
            (lambda content: content[: len(content) // 2], "SHA-256"),
            (
                lambda content: content.replace(b'"order"', b'"oRder"'),
                "SHA-256",
            ),
            (
                lambda content: content.replace(b"checkpoint 3", b"checkpoint 2", 1),
                "version is 2, not 3",
            ),
            (lambda content: b"\x80\x04." + content, "does not begin as one"),
        ],
        ids=["empty", "cut", "halved", "changed", "of an earlier version", "pickle"],
    )
    def test_that_is_damaged_is_refused(
        self, classifier, data, tmp_path, spoil, message
    ):
        (path,) = tmp_path.iterdir()
        path.write_bytes(spoil(path.read_bytes()))
        with pytest.raises(ModelFileError, match=message) as caught:
            classifier.fit(*data)
        assert str(path) in str(caught.value)
        assert "Delete it to start this fit over" in str(caught.value)
        classifier.set_params(warm_start=False).fit(*data)

    def test_any_flipped_bit_is_found(self, classifier, tmp_path):
        (path,) = tmp_path.iterdir()
        content = path.read_bytes()
        rng = np.random.default_rng(0)
        for place in [*range(120), *rng.integers(len(content), size=80)]:
            changed = bytearray(content)
            changed[place] ^= 1 << rng.integers(8)
            path.write_bytes(changed)
            with pytest.raises(ModelFileError):
                Checkpoint(tmp_path, path.stem).read()

    def test_on_a_full_disk_the_training_goes_on(self, data, tmp_path, monkeypatch):
        def full(*_):
            raise OSError(28, "No space left on device")

        classifier = clone(DENSE).set_params(checkpoint_dir=tmp_path)
        monkeypatch.setattr(os, "fsync", full)
        with pytest.warns(UserWarning, match="could not be written.*No space left"):
            classifier.fit(*data)
        assert_same_fit(classifier, clone(DENSE).fit(*data))
        assert not any(tmp_path.iterdir())

    def test_what_a_killed_write_left_is_cleared_away(self, classifier, data, tmp_path):
        (path,) = tmp_path.iterdir()
        names = (f".{path.name}.old.tmp", f".{path.name}.new.tmp", "other.tmp")
        old, new, other = (tmp_path / name for name in names)
        for file in (old, new, other):
            file.touch()
        os.utime(old, (time.time() - 3600,) * 2)
        vanished = tmp_path / f".{path.name}.gone.tmp"  # between listing and looking
        vanished.symlink_to("renamed")
        classifier.fit(*data)
        assert {*tmp_path.iterdir()} == {path, new, other, vanished}

    def test_in_the_place_of_a_folder_the_training_goes_on(
        self, classifier, data, tmp_path
    ):
        (path,) = tmp_path.iterdir()
        path.unlink()
        path.mkdir()
        classifier.set_params(warm_start=False)
        with pytest.warns(
            UserWarning, match="not an ordinary file.*training run continues"
        ):
            classifier.fit(*data)

    def test_holds_no_diverged_weights(self, data, tmp_path, no_steps, monkeypatch):
        """Whoever goes on from it begins after the last epoch that was any good."""
        state, states = Trainer.state, []

        def diverging(trainer):
            states.append(state(trainer))
            if len(states) > 2:
                states[-1].weights[0][:] = np.nan
            return states[-1]

        monkeypatch.setattr(Trainer, "state", diverging)
        classifier = clone(DENSE).set_params(checkpoint_dir=tmp_path)
        with pytest.raises(ValueError, match="Training has diverged"):
            classifier.fit(*data)
        (path,) = tmp_path.iterdir()
        saved = Checkpoint(tmp_path, path.stem).read()
        assert len(saved.epochs) == 2
        assert all(np.isfinite(values).all() for values in saved.training.weights)


class TestMistakes:
    def test_each_fit_without_a_seed_is_another_one(self, data, tmp_path):
        classifier = clone(DENSE).set_params(random_state=None, checkpoint_dir=tmp_path)
        message = "can't be used with random_state=None.* as in random_state=0"
        with pytest.raises(ValueError, match=message):
            classifier.fit(*data)
        assert not any(tmp_path.iterdir())

    def test_callbacks_have_a_state_of_their_own(self, data, tmp_path):
        classifier = clone(DENSE).set_params(
            checkpoint_dir=tmp_path, callbacks=[keras.callbacks.TerminateOnNaN()]
        )
        with pytest.raises(ValueError, match="checkpoint_dir can't be used with call"):
            classifier.fit(*data)

    def test_a_file_is_no_folder(self, data, tmp_path):
        path = tmp_path / "file"
        path.touch()
        with pytest.raises(NotADirectoryError, match=r"checkpoint_dir='.*file' must"):
            clone(DENSE).set_params(checkpoint_dir=path).fit(*data)

    def test_it_is_a_path(self, data):
        with pytest.raises(ValueError, match="'checkpoint_dir' parameter"):
            clone(DENSE).set_params(checkpoint_dir=3).fit(*data)


# Keras reads its own variables in a way that NumPy 2 is about to end.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_it_goes_together_with_tensorboard(data, tmp_path, killed_fit):
    pytest.importorskip("tensorboard")
    classifier = clone(DENSE).set_params(
        checkpoint_dir=tmp_path / "state",
        tensorboard_dir=tmp_path / "board",
        warm_start=True,
    )
    whole = killed_fit(clone(classifier), *data)
    assert_same_fit(classifier.fit(*data), whole)
    assert Path(classifier.tensorboard_run_).parent == tmp_path / "board"
