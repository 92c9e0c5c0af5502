"""The training loop, held against Keras' own ``Model.fit`` and against itself."""

from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.callbacks import (
    Callback,
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TerminateOnNaN,
)

from mnist_estimators._inputs.samples import Samples
from mnist_estimators._networks.architectures import (
    convolutional_network,
    dense_network,
)
from mnist_estimators._networks.build import build_network
from mnist_estimators._networks.optimizers import optimizer_spec
from mnist_estimators._training import callbacks as callbacks_module
from mnist_estimators._training import loop, trainer_pool
from mnist_estimators._training import trainer as engine
from mnist_estimators._training.dropout import dropout_bits, dropout_masks
from mnist_estimators._training.loop import train
from mnist_estimators._training.metrics import build_metrics
from mnist_estimators._training.plan import TrainingPlan
from mnist_estimators._training.schedules import learning_rates
from mnist_estimators._training.state import TrainingState
from mnist_estimators._training.trainer import Trainer
from mnist_estimators._training.trainer_pool import borrow_trainer

SHAPE = (4, 4)
N_CLASSES = 3


def dense(dropout=0.0, l2=0.0, batch_normalization=False):
    return dense_network(
        N_CLASSES,
        hidden_layer_sizes=(8,),
        activation="tanh",
        dropout=(dropout,),
        batch_normalization=(batch_normalization,),
        kernel_initializer="glorot_uniform",
        l2=l2,
    )


def convolutional(dropout=0.0, spatial_dropout=0.0):
    return convolutional_network(
        N_CLASSES,
        image_shape=SHAPE,
        filters=((4,),),
        kernel_size=(3,),
        pool_size=2,
        padding="same",
        dense_layer_sizes=(6,),
        activation="relu",
        dropout=(dropout,),
        spatial_dropout=spatial_dropout,
        batch_normalization=True,
        kernel_initializer="glorot_uniform",
        l2=0.01,
    )


def plan(network=None, *, optimizer="sgd", learning_rate=0.1, **settings):
    """A plan to train on all rows at once; settings differ from the plainest."""
    plain = {
        "network": network or dense(),
        "image_shape": SHAPE,
        "precision": "float32",
        "pixel_scale": 1.0,
        "optimizer": optimizer_spec(optimizer),
        "learning_rate": learning_rate,
        "learning_rate_schedule": None,
        "loss": "categorical_crossentropy",
        "label_smoothing": 0.0,
        "epochs": 3,
        "batch_size": 1000,
        "patience": None,
        "callbacks": (),
        "metrics": (),
        "augmenter": None,
        "seed": 0,
        "verbose": 0,
    }
    return TrainingPlan(**{**plain, **settings})


def random_samples(n, seed, weights=False):
    """Images of three classes that differ in where they are bright."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(N_CLASSES, size=n).astype(np.int32)
    images = rng.random((n, *SHAPE, 1), np.float32) / 2
    images[np.arange(n), targets] += 0.5
    scale = rng.uniform(0.2, 3, n) if weights else np.ones(n)
    return Samples(images, targets, scale.astype(np.float32))


SAMPLES = random_samples(30, seed=0)
VALIDATION = random_samples(12, seed=1)


def keras_model(plan, seed=7):
    """The network of a plan, compiled by Keras alone."""
    model = build_network(plan.network, plan.image_shape, seed=seed)
    optimizer = plan.optimizer.build()
    if plan.optimizer.learning_rate is not None:
        optimizer.learning_rate = plan.learning_rate
    model.compile(
        optimizer,
        keras.losses.CategoricalCrossentropy(label_smoothing=plan.label_smoothing),
        metrics=["accuracy"],
        run_eagerly=True,
    )
    return model


def for_keras(samples):
    targets = keras.utils.to_categorical(samples.targets, N_CLASSES)
    return samples.images, targets, samples.weights


class RisingMomentum(keras.callbacks.Callback):
    """Lets the momentum of batch normalisation rise to 0.9."""

    n_steps = 0

    def on_train_batch_begin(self, batch, logs=None):
        for layer in self.model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = min(0.9, self.n_steps / (self.n_steps + 6))
        self.n_steps += 1


def keras_fit(model, plan, samples, validation=None):
    """Let Keras train in the given order of rows."""
    images, targets, weights = for_keras(samples)
    history = model.fit(
        images,
        targets,
        sample_weight=weights,
        epochs=plan.epochs,
        batch_size=min(plan.batch_size, len(targets)),
        shuffle=False,
        validation_data=for_keras(validation) if validation else None,
        callbacks=[*plan.callbacks, RisingMomentum()],
        verbose=0,
    )
    return history.history


def assert_same_weights(found, expected, **tolerance):
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, **{"rtol": 0, "atol": 0, **tolerance})


@pytest.fixture
def new_trainers(monkeypatch):
    """The trainers that are built during a test, which begins with none at hand."""
    built = []

    class RecordedTrainer(Trainer):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            built.append(self)

    monkeypatch.setattr(trainer_pool, "Trainer", RecordedTrainer)
    monkeypatch.setattr(trainer_pool, "_idle_trainers", OrderedDict())
    return built


UNSUPPORTED = {"Optimizer", "LossScaleOptimizer", "MultiOptimizer"}
OPTIMIZERS = sorted(
    name
    for name, kind in vars(keras.optimizers).items()
    if isinstance(kind, type)
    and issubclass(kind, keras.Optimizer)
    and name not in UNSUPPORTED
)
# Those that all optimizers have.
OPTIONS = [
    {"gradient_accumulation_steps": 2},
    {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 2},
    {"use_ema": True},
    {"clipnorm": 0.01},
    {"clipvalue": 0.01},
    {"global_clipnorm": 0.01},
    {"weight_decay": 0.1},
    {"loss_scale_factor": 8.0},
]
ALL_AT_ONCE = {
    "gradient_accumulation_steps": 2,
    "use_ema": True,
    "clipnorm": 0.01,
    "weight_decay": 0.1,
    "loss_scale_factor": 8.0,
}


class TestAgainstKeras:
    """Full batches, so that the order of the rows does not matter."""

    @pytest.mark.parametrize(
        ("network", "settings", "weights"),
        [
            pytest.param(dense(), {"optimizer": "adam"}, False, id="adam"),
            pytest.param(
                dense(),
                {"optimizer": keras.optimizers.Adam(beta_1=0.5, epsilon=0.1)},
                True,
                id="adam with other numbers",
            ),
            pytest.param(
                dense(),
                {"optimizer": keras.optimizers.Adam(amsgrad=True, clipvalue=0.01)},
                False,
                id="adam with options",
            ),
            pytest.param(
                dense(),
                {"optimizer": keras.optimizers.SGD(momentum=0.9, nesterov=True)},
                False,
                id="momentum",
            ),
            pytest.param(dense(), {"optimizer": "rmsprop"}, False, id="rmsprop"),
            pytest.param(
                dense(),
                {"optimizer": keras.optimizers.AdamW(weight_decay=0.1, clipnorm=0.1)},
                False,
                id="weight decay and clipping",
            ),
            pytest.param(
                dense(),
                {"optimizer": keras.optimizers.SGD(use_ema=True, ema_momentum=0.5)},
                False,
                id="averaged weights",
            ),
            pytest.param(
                dense(),
                {
                    "optimizer": keras.optimizers.SGD(use_ema=True),
                    "callbacks": [
                        EarlyStopping("loss", mode="max", restore_best_weights=True)
                    ],
                },
                False,
                id="best weights before averaged ones",
            ),
            pytest.param(dense(), {}, True, id="sample weights"),
            pytest.param(dense(), {"label_smoothing": 0.2}, False, id="smoothing"),
            pytest.param(dense(l2=0.1), {}, False, id="l2"),
            pytest.param(
                convolutional(), {"label_smoothing": 0.1}, True, id="convolutional"
            ),
        ],
    )
    def test_same_weights_and_history(self, network, settings, weights):
        the_plan = plan(network, learning_rate=0.01, **settings)
        samples = random_samples(30, 0, weights)
        validation = random_samples(12, 1, weights)
        model = keras_model(the_plan)
        state = TrainingState(model.get_weights(), [])
        final, history = train(the_plan, samples, validation=validation, state=state)
        expected_history = keras_fit(model, the_plan, samples, validation)
        assert_same_weights(final.weights, model.get_weights(), atol=1e-5)
        assert list(history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
        for name, curve in history.items():
            assert curve == pytest.approx(expected_history[name], abs=1e-5), name

    @pytest.mark.parametrize(
        ("name", "options"),
        [
            *((name, ALL_AT_ONCE) for name in OPTIMIZERS),
            *(("Adam", option) for option in OPTIONS),
        ],
        ids=str,
    )
    def test_each_optimizer_and_option(self, name, options):
        optimizer = getattr(keras.optimizers, name)(**options)
        the_plan = plan(
            optimizer=optimizer, learning_rate=0.01, epochs=3, batch_size=10
        )
        model = keras_model(the_plan)
        state = TrainingState(model.get_weights(), [])
        # Equal batches, as the two draw their orders differently.
        samples = Samples(*(np.repeat(array[:1], 30, axis=0) for array in SAMPLES))
        final, _ = train(the_plan, samples, state=state)
        keras_fit(model, the_plan, samples)
        assert_same_weights(final.weights, model.get_weights(), atol=1e-5)

    def test_batch_statistics_move_alike(self):
        the_plan = plan(dense(batch_normalization=True), epochs=1)
        model = keras_model(the_plan)
        before = model.get_weights()
        keras_fit(model, the_plan, SAMPLES)
        final, _ = train(the_plan, SAMPLES, state=TrainingState(before, []))
        moved = [variable.name.startswith("moving") for variable in model.weights]
        assert sum(moved) == 2
        for is_statistic, old, mine, theirs in zip(
            moved, before, final.weights, model.get_weights(), strict=True
        ):
            if is_statistic:
                np.testing.assert_allclose(mine, theirs, rtol=1e-5)
                assert not np.allclose(mine, old)

    def test_adam_follows_its_own_schedule(self):
        schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
        adam = keras.optimizers.Adam(schedule)
        the_plan = plan(optimizer=adam, learning_rate=0.0)
        model = keras_model(the_plan)
        state = TrainingState(model.get_weights(), [])
        keras_fit(model, the_plan, SAMPLES)
        final, _ = train(the_plan, SAMPLES, state=state)
        assert_same_weights(final.weights, model.get_weights(), atol=1e-5)

    def test_small_batches_learn_as_fast(self, small_digits):
        """Loss curves differ no more than Keras' own do between two orders of rows."""
        X, y = (array[:640] for array in small_digits)
        images = (X.reshape(-1, 28, 28, 1) / np.float32(255)).astype(np.float32)
        samples = Samples(images, y.astype(np.int32), np.ones(640, np.float32))
        network = dense_network(
            10,
            hidden_layer_sizes=(16,),
            activation="relu",
            dropout=(0.0,),
            batch_normalization=(False,),
            kernel_initializer="glorot_uniform",
            l2=0.0,
        )
        the_plan = plan(network, epochs=6, batch_size=32)._replace(image_shape=(28, 28))
        model = build_network(network, (28, 28), seed=7)
        initial = model.get_weights()
        model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")

        def keras_curve(seed):
            tf.random.set_seed(seed)
            model.set_weights(initial)
            fit = model.fit(images, y, batch_size=32, epochs=the_plan.epochs, verbose=0)
            return fit.history["loss"]

        def our_curve(seed):
            state = TrainingState(initial, [])
            return train(the_plan._replace(seed=seed), samples, state=state)[1]["loss"]

        theirs = np.log([keras_curve(seed) for seed in range(4)])
        ours = np.log([our_curve(seed) for seed in range(4)])
        noise = theirs.std(axis=0, ddof=1).max() * np.sqrt(1 / 4 + 1 / 4)
        difference = ours.mean(axis=0) - theirs.mean(axis=0)
        assert np.abs(difference).max() < 4 * noise
        assert 4 * noise < 0.1  # a tenth of the loss
        assert np.ptp(theirs, axis=1).min() > 1


class TestPixels:
    @pytest.mark.parametrize("xla_min_steps", [1, 1000])
    def test_bytes_train_as_their_values_do(self, monkeypatch, xla_min_steps):
        monkeypatch.setattr(loop, "XLA_MIN_STEPS", xla_min_steps)
        monkeypatch.setattr(engine, "ROWS_PER_CHUNK", 16)
        pixels = np.random.default_rng(0).integers(256, size=SAMPLES.images.shape)
        in_bytes = SAMPLES._replace(images=pixels.astype(np.uint8))
        in_floats = SAMPLES._replace(images=(pixels / 255).astype(np.float32))
        the_plan = plan(dense(dropout=0.2), batch_size=8)
        found, history = train(
            the_plan._replace(pixel_scale=1 / 255), in_bytes, validation=in_bytes
        )
        expected, expected_history = train(the_plan, in_floats, validation=in_floats)
        assert_same_weights(found.weights, expected.weights, atol=1e-5)
        for name, curve in history.items():
            assert curve == pytest.approx(expected_history[name], abs=1e-5), name

    def test_validation_images_can_be_of_another_type(self):
        floats = SAMPLES.images.astype(np.uint8).astype(np.float32)
        validation = SAMPLES._replace(images=floats)
        same = validation._replace(images=floats.astype(np.uint8))
        curves = [
            train(plan(), SAMPLES, validation=images)[1]["val_loss"]
            for images in (validation, same)
        ]
        assert curves[0] == curves[1]


class TestPrecision:
    """Numbers of 16 bits where they are asked for, with float32 weights."""

    @pytest.mark.parametrize("network", [dense(dropout=0.1), convolutional(0.1, 0.1)])
    @pytest.mark.parametrize("xla_min_steps", [1, 1000])
    def test_bfloat16_trains_about_as_well(self, monkeypatch, network, xla_min_steps):
        monkeypatch.setattr(loop, "XLA_MIN_STEPS", xla_min_steps)
        the_plan = plan(network, batch_size=100)
        samples = random_samples(300, seed=0)
        _, history = train(the_plan, samples, validation=samples)
        short, short_history = train(
            the_plan._replace(precision="mixed_bfloat16"), samples, validation=samples
        )
        assert short_history["loss"] != history["loss"]
        for name, curve in history.items():
            assert short_history[name] == pytest.approx(curve, rel=0.05, abs=0.05)
        assert {weights.dtype for weights in short.weights} == {np.dtype(np.float32)}


class TestXLA:
    @pytest.mark.parametrize(
        ("n_rows", "optimizer", "batch_normalization"),
        [
            pytest.param(24, "sgd", True, id="even batches"),
            pytest.param(22, "adam", False, id="smaller last batch"),
        ],
    )
    def test_gives_the_same_weights(
        self, n_rows, optimizer, batch_normalization, monkeypatch, new_trainers
    ):
        samples = random_samples(n_rows, 0, weights=True)
        network = dense(l2=0.01, batch_normalization=batch_normalization)
        the_plan = plan(network, optimizer=optimizer, learning_rate=0.01, batch_size=4)
        monkeypatch.setattr(engine, "ROWS_PER_CHUNK", 16)
        results = []
        for at_least in (10**6, 0):
            monkeypatch.setattr(loop, "XLA_MIN_STEPS", at_least)
            results.append(train(the_plan, samples))
        assert [trainer._xla_batch_size for trainer in new_trainers] == [None, 4]
        (plain, plain_history), (compiled, compiled_history) = results
        assert_same_weights(compiled.weights, plain.weights, atol=1e-4)
        for name, curve in compiled_history.items():
            assert curve == pytest.approx(plain_history[name], abs=1e-4), name

    def test_drops_as_many_units(self, monkeypatch, new_trainers):
        # With hardly a step, the loss of an epoch depends on the masks alone, whose
        # random numbers are others than those of the plain loop.
        samples = random_samples(4000, 0)
        the_plan = plan(dense(0.5), learning_rate=1e-9, batch_size=50, epochs=8)
        losses = []
        for at_least in (10**6, 0):
            monkeypatch.setattr(loop, "XLA_MIN_STEPS", at_least)
            losses.append(train(the_plan, samples)[1]["loss"])
        assert [trainer._xla_batch_size for trainer in new_trainers] == [None, 50]
        plain, compiled = np.array(losses)
        noise = np.hypot(plain.std(), compiled.std()) / np.sqrt(8)
        assert abs(plain.mean() - compiled.mean()) < 4 * noise
        without, _ = train(the_plan._replace(network=dense()), samples)[1].values()
        assert abs(plain.mean() - without[0]) > 10 * noise

    def test_is_not_used_where_it_does_not_pay(self, monkeypatch):
        used = []

        def note(*arguments):
            *others, xla_batch_size = arguments[:5]
            used.append(xla_batch_size is not None)
            return Trainer(*others, None, *arguments[5:])

        monkeypatch.setattr(trainer_pool, "_idle_trainers", OrderedDict())
        monkeypatch.setattr(trainer_pool, "Trainer", note)
        monkeypatch.setattr(loop, "XLA_MIN_STEPS", 4)
        train(plan(epochs=4), SAMPLES)
        train(plan(epochs=3), SAMPLES)
        train(plan(convolutional(), epochs=4), SAMPLES)
        train(plan(epochs=4, callbacks=[Callback()]), SAMPLES)
        train(plan(epochs=4, callbacks=[TerminateOnNaN()]), SAMPLES)
        assert used == [True, False, False, True, False]


class TestRuns:
    def test_the_seed_decides(self):
        the_plan = plan(dense(dropout=0.5), batch_size=7)
        first, again = (train(the_plan, SAMPLES)[0] for _ in range(2))
        other, _ = train(the_plan._replace(seed=1), SAMPLES)
        assert_same_weights(first.weights, again.weights)
        assert not np.allclose(first.weights[0], other.weights[0])

    def test_each_epoch_takes_every_row_once_in_a_new_order(self, monkeypatch):
        orders = []

        def run(trainer, samples, order, *rest):
            orders.append(order.tolist())
            return np.zeros(2)

        monkeypatch.setattr(Trainer, "run", run)
        train(plan(epochs=3), SAMPLES)
        assert [sorted(order) for order in orders] == [list(range(30))] * 3
        assert len({tuple(order) for order in orders}) == 3

    def test_the_number_of_steps_a_call_does_not_matter(self, monkeypatch):
        the_plan = plan(
            dense(dropout=0.5), batch_size=4, learning_rate_schedule="one_cycle"
        )
        at_once, _ = train(the_plan, SAMPLES)
        monkeypatch.setattr(callbacks_module, "steps_per_call", lambda _: 3)
        in_parts, _ = train(the_plan, SAMPLES)
        assert_same_weights(in_parts.weights, at_once.weights)

    def test_a_state_goes_on_where_it_ended(self):
        momentum = keras.optimizers.SGD(momentum=0.9)
        whole, history = train(plan(optimizer=momentum, epochs=3), SAMPLES)
        begun, first = train(plan(optimizer=momentum, epochs=1), SAMPLES)
        rest = plan(optimizer=momentum, epochs=2, seed=5)
        ended, second = train(rest, SAMPLES, state=begun)
        assert_same_weights(ended.weights, whole.weights, atol=1e-6)
        assert first["loss"] + second["loss"] == pytest.approx(history["loss"])

    def test_a_rate_of_zero_changes_nothing(self):
        model = build_network(dense(), SHAPE, seed=0)
        state = TrainingState(model.get_weights(), [])
        final, _ = train(plan(learning_rate=0.0), SAMPLES, state=state)
        assert_same_weights(final.weights, state.weights)

    def test_an_optimizers_own_schedule_is_followed(self):
        stops = keras.optimizers.schedules.PiecewiseConstantDecay([1], [0.1, 0.0])
        scheduled, _ = train(
            plan(optimizer=keras.optimizers.SGD(stops), learning_rate=0.0, epochs=5),
            SAMPLES,
        )
        constant, _ = train(plan(epochs=2), SAMPLES)
        assert_same_weights(scheduled.weights, constant.weights, atol=1e-6)

    def test_inputs_are_left_alone(self):
        samples = Samples(*(array.copy() for array in SAMPLES))
        for array in samples:
            array.flags.writeable = False
        state = TrainingState(build_network(dense(), SHAPE, seed=0).get_weights(), [])
        before = [weight.copy() for weight in state.weights]
        train(plan(), samples, validation=samples, state=state)
        assert_same_weights(state.weights, before)

    def test_threads_train_as_alone(self):
        plans = [plan(dense(dropout=0.5), batch_size=4, seed=seed) for seed in range(4)]
        alone = [train(each, SAMPLES)[0] for each in plans]
        with ThreadPoolExecutor(2) as pool:
            together = list(pool.map(lambda each: train(each, SAMPLES)[0], plans))
        for mine, expected in zip(together, alone, strict=True):
            assert_same_weights(mine.weights, expected.weights)


class TestEarlyStopping:
    # Labels that are wrong for validation: the more is learned, the worse.
    misleading = VALIDATION._replace(targets=(VALIDATION.targets + 1) % N_CLASSES)

    def test_stops_and_keeps_the_best_weights(self):
        one_epoch, _ = train(plan(epochs=1), SAMPLES, validation=self.misleading)
        stopped, history = train(
            plan(epochs=50, patience=2), SAMPLES, validation=self.misleading
        )
        assert len(history["loss"]) == 3
        assert np.argmin(history["val_loss"]) == 0
        assert_same_weights(stopped.weights, one_epoch.weights)

    def test_does_not_stop_while_it_improves(self):
        patient, history = train(
            plan(epochs=8, patience=1), SAMPLES, validation=VALIDATION
        )
        all_epochs, _ = train(plan(epochs=8), SAMPLES, validation=VALIDATION)
        assert len(history["loss"]) == 8
        assert_same_weights(patient.weights, all_epochs.weights)


class TestDropout:
    model = staticmethod(lambda: build_network(convolutional(0.4, 0.25), SHAPE, seed=0))

    def masks(self, n_rows=2000, step=0):
        seed = tf.constant([123, step])
        bits = dropout_bits(self.model(), n_rows, seed)
        return [mask.numpy() for mask in dropout_masks(bits, [0.25, 0.4])]

    def test_keeps_its_share_and_the_mean(self):
        for mask, rate in zip(self.masks(), (0.25, 0.4), strict=True):
            kept = mask > 0
            standard_error = np.sqrt(rate * (1 - rate) / mask.size)
            assert kept.mean() == pytest.approx(1 - rate, abs=4 * standard_error)
            # The rate is one of 65,536.
            np.testing.assert_allclose(mask[kept], 1 / (1 - rate), rtol=2e-5)

    def test_spatial_dropout_drops_whole_maps_and_dropout_single_units(self):
        spatial, units = self.masks()
        assert spatial.shape == (2000, 1, 1, 4)
        assert units.shape == (2000, 6)

    def test_each_step_layer_and_row_has_a_mask_of_its_own(self):
        first, second = self.masks(step=0)[1], self.masks(step=1)[1]
        assert np.mean(first == second) == pytest.approx(0.6**2 + 0.4**2, abs=0.03)
        assert np.mean(first[1:] == first[:-1]) == pytest.approx(0.52, abs=0.03)
        np.testing.assert_array_equal(first, self.masks(step=0)[1])

    def test_a_rate_matters_in_training_alone(self):
        the_plan = plan(dense(dropout=0.5), learning_rate=0.0, epochs=2)
        _, history = train(the_plan, SAMPLES, validation=SAMPLES)
        assert history["loss"][0] != pytest.approx(history["loss"][1], abs=1e-4)
        assert history["val_loss"][0] == history["val_loss"][1]
        assert history["loss"][0] != pytest.approx(history["val_loss"][0], abs=1e-4)


class Recorder(Callback):
    """Notes each call into a list outside, where copies of the callback share it."""

    def __init__(self, note):
        super().__init__()
        self.note = note

    def _record(self, name, *index, logs):
        assert isinstance(self.model, keras.Model)
        assert isinstance(self.model.optimizer, keras.optimizers.SGD)
        self.note(name, *index, {key: round(logs[key], 5) for key in sorted(logs)})

    def on_train_begin(self, logs=None):
        self.note("params", self.params["epochs"], self.params["steps"])
        self._record("train begin", logs=logs or {})

    def on_train_end(self, logs=None):
        self._record("train end", logs=logs)

    def on_epoch_begin(self, epoch, logs=None):
        self._record("epoch begin", epoch, logs=logs or {})

    def on_epoch_end(self, epoch, logs=None):
        self._record("epoch end", epoch, logs=logs)

    def on_test_begin(self, logs=None):
        self._record("test begin", logs=logs or {})

    def on_test_end(self, logs=None):
        self._record("test end", logs=logs)


class BatchRecorder(Recorder):
    def on_train_batch_begin(self, batch, logs=None):
        self._record("batch begin", batch, logs=logs or {})

    def on_train_batch_end(self, batch, logs=None):
        self._record("batch end", batch, logs=logs)


# Keras reads its own variables in a way that NumPy 2 is about to end.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
class TestCallbacks:
    @pytest.mark.parametrize("recorder", [Recorder, BatchRecorder])
    def test_get_the_calls_and_logs_that_keras_gives(self, recorder):
        calls = {"ours": [], "theirs": []}
        theirs = recorder(lambda *call: calls["theirs"].append(call))
        ours = recorder(lambda *call: calls["ours"].append(call))
        the_plan = plan(epochs=2)
        model = keras_model(the_plan)
        state = TrainingState(model.get_weights(), [])
        keras_fit(model, the_plan._replace(callbacks=[theirs]), SAMPLES, VALIDATION)
        train(
            the_plan._replace(callbacks=[ours]),
            SAMPLES,
            validation=VALIDATION,
            state=state,
        )
        assert len(calls["ours"]) == len(calls["theirs"])
        for mine, expected in zip(*calls.values(), strict=True):
            assert mine[:-1] == expected[:-1]
            assert mine[-1] == pytest.approx(expected[-1], abs=2e-5)

    def test_of_batches_come_at_each_step_and_change_nothing(self):
        steps = []
        callback = LambdaCallback(
            on_train_batch_end=lambda batch, logs: steps.append((batch, set(logs)))
        )
        the_plan = plan(dense(dropout=0.5), batch_size=8, epochs=2)
        watched, history = train(the_plan._replace(callbacks=[callback]), SAMPLES)
        unwatched, expected = train(the_plan, SAMPLES)
        assert steps == [(batch, {"loss", "accuracy"}) for batch in [0, 1, 2, 3] * 2]
        assert_same_weights(watched.weights, unwatched.weights)
        assert history["loss"] == pytest.approx(expected["loss"])

    @pytest.mark.parametrize(
        ("callback", "epochs"),
        [
            (LearningRateScheduler(lambda epoch, rate: rate * (epoch < 2)), 2),
            (ReduceLROnPlateau("loss", factor=0, patience=1, min_delta=9), 2),
            (EarlyStopping("loss", mode="max", restore_best_weights=True), 1),
            (EarlyStopping("loss", mode="max", patience=3), 4),
        ],
        ids=["scheduler", "plateau", "best weights", "patience"],
    )
    def test_of_keras_have_their_effect(self, callback, epochs):
        """Each ends the learning after some epochs, as if the fit had been shorter."""
        expected, _ = train(plan(epochs=epochs), SAMPLES)
        for _ in range(2):  # the same object, used again
            found, _ = train(plan(epochs=6, callbacks=[callback]), SAMPLES)
            assert_same_weights(found.weights, expected.weights)
            assert callback.model is None

    def test_that_change_the_rate_scale_the_rest_of_a_schedule(self):
        rates = []

        class HalvedAfterTheFirstEpoch(Callback):
            def on_epoch_end(self, epoch, logs=None):
                rates.append(float(self.model.optimizer.learning_rate))
                if epoch == 0:
                    self.model.optimizer.learning_rate = rates[-1] / 2

        scheduled = plan(learning_rate_schedule="cosine", epochs=4, learning_rate=0.1)
        callbacks = [HalvedAfterTheFirstEpoch()]
        train(scheduled._replace(callbacks=callbacks), SAMPLES)
        planned = learning_rates("cosine", 0.1, 4)
        assert rates == pytest.approx(planned * [1, 0.5, 0.5, 0.5])

    @pytest.mark.parametrize("schedule", [None, "one_cycle"])
    def test_the_rate_may_fall_on_a_plateau(self, schedule):
        """A loss never falls by 9, so the rate is a tenth after each epoch."""
        reduce = ReduceLROnPlateau("loss", factor=0.1, patience=1, min_delta=9)
        _, history = train(
            plan(learning_rate_schedule=schedule, epochs=3, callbacks=[reduce]), SAMPLES
        )
        planned = learning_rates(schedule, 0.1, 3)
        assert history["learning_rate"] == pytest.approx(planned * [1, 1, 0.1])

    @pytest.mark.parametrize("mode", ["max", "auto"])
    def test_may_monitor_the_accuracy_as_in_keras(self, mode, tmp_path):
        best = tmp_path / "best.keras"
        stop = EarlyStopping("val_accuracy", mode=mode, patience=2)
        save = ModelCheckpoint(best, "val_accuracy", mode=mode, save_best_only=True)
        the_plan = plan(epochs=40, learning_rate=1.0, callbacks=[stop, save])
        _, history = train(the_plan, SAMPLES, validation=VALIDATION)
        accuracy = np.array(history["val_accuracy"])
        assert len(accuracy) == accuracy.argmax() + 3 < 40
        model = keras.models.load_model(best)
        images, targets, _ = for_keras(VALIDATION)
        found = model.evaluate(images, targets, verbose=0, return_dict=True)["accuracy"]
        assert found == pytest.approx(accuracy.max())

    def test_what_they_put_into_logs_is_in_the_history(self):
        def measure(epoch, logs):
            logs["epochs squared"] = np.float64(epoch**2)
            logs["remark"] = "no number"
            if epoch:
                logs["late"] = 1

        callback = LambdaCallback(on_epoch_end=measure)
        _, history = train(plan(callbacks=[callback]), SAMPLES, validation=VALIDATION)
        assert list(history)[4:] == ["epochs squared", "late"]
        assert history["epochs squared"] == [0, 1, 4]
        assert history["late"] == pytest.approx([np.nan, 1, 1], nan_ok=True)

    def test_can_stop_in_the_middle_of_an_epoch(self):
        batches = []
        count = LambdaCallback(
            on_train_batch_end=lambda batch, logs: batches.append(batch)
        )
        broken = SAMPLES._replace(images=SAMPLES.images * np.float32("nan"))
        the_plan = plan(batch_size=8, callbacks=[TerminateOnNaN(), count])
        _, history = train(the_plan, broken)
        assert batches == [0]
        assert np.isnan(history["loss"]).tolist() == [True]

    def test_the_best_model_can_be_saved(self, tmp_path):
        path = tmp_path / "best.keras"
        save = ModelCheckpoint(path, monitor="loss", save_best_only=True)
        final, _ = train(plan(callbacks=[save]), SAMPLES)
        saved = keras.models.load_model(path)
        assert_same_weights(saved.get_weights(), final.weights)


class TestMetrics:
    @pytest.mark.parametrize(
        ("loss", "given"),
        [
            (
                "categorical_crossentropy",
                ["AUC", keras.metrics.F1Score("macro"), keras.losses.categorical_hinge],
            ),
            (
                "sparse_categorical_crossentropy",
                [keras.metrics.SparseTopKCategoricalAccuracy(2, name="among two")],
            ),
        ],
    )
    def test_are_those_of_keras(self, loss, given):
        the_plan = plan(loss=loss, metrics=build_metrics(given))
        model = build_network(the_plan.network, SHAPE, seed=7)
        model.compile(keras.optimizers.SGD(0.1), loss, metrics=["accuracy", *given])
        initial = TrainingState(model.get_weights(), [])
        sparse = loss.startswith("sparse")
        theirs = [
            (images, samples.targets if sparse else targets)
            for samples in (SAMPLES, VALIDATION)
            for images, targets, _ in [for_keras(samples)]
        ]
        expected = model.fit(
            *theirs[0],
            batch_size=30,
            epochs=3,
            shuffle=False,
            validation_data=theirs[1],
            verbose=0,
        ).history
        _, found = train(the_plan, SAMPLES, validation=VALIDATION, state=initial)
        assert found.keys() == expected.keys()
        for name, values in expected.items():
            assert found[name] == pytest.approx(values, abs=1e-5), name

    def test_change_nothing_else(self):
        the_plan = plan(dense(dropout=0.3), batch_size=8)
        found, _ = train(the_plan._replace(metrics=build_metrics(["AUC"])), SAMPLES)
        assert_same_weights(found.weights, train(the_plan, SAMPLES)[0].weights)

    def test_callbacks_may_monitor_them(self):
        stop = EarlyStopping("val_AUC", patience=1, min_delta=1)
        the_plan = plan(metrics=build_metrics(["AUC"]), callbacks=[stop], epochs=9)
        _, history = train(the_plan, SAMPLES, validation=VALIDATION)
        assert len(history["val_AUC"]) == 2

    @pytest.mark.parametrize(
        ("given", "error", "message"),
        [
            ("AUC", TypeError, "must be a list .* Got 'AUC'"),
            (["no such"], TypeError, "names that Keras knows.* Got 'no such'"),
            ([3], TypeError, "Got 3"),
            (["AUC", "AUC"], ValueError, r"\['AUC'\], which the history has"),
            (["accuracy"], ValueError, "leave out loss and accuracy"),
        ],
    )
    def test_mistakes(self, given, error, message):
        with pytest.raises(error, match=message):
            build_metrics(given)

    def test_each_is_one_number(self):
        the_plan = plan(metrics=build_metrics(["F1Score"]))
        with pytest.raises(ValueError, match=r"'F1Score' gives an array.*'macro'"):
            train(the_plan, SAMPLES)


class TestTrainersAreKept:
    def test_for_candidates_that_differ_in_rates_alone(self, new_trainers):
        train(plan(dense(dropout=0.5, l2=0.01)), SAMPLES)
        other = plan(dense(dropout=0.1, l2=1.0), learning_rate=0.5, label_smoothing=0.2)
        shared, _ = train(other, SAMPLES)
        assert len(new_trainers) == 1
        trainer_pool._idle_trainers.clear()
        alone, _ = train(other, SAMPLES)
        assert len(new_trainers) == 2
        assert_same_weights(shared.weights, alone.weights)

    def test_with_nothing_left_in_the_optimizer(self, new_trainers):
        # Nadam has a variable that its list of variables lacks.
        first, again = (train(plan(optimizer="nadam"), SAMPLES)[0] for _ in range(2))
        assert len(new_trainers) == 1
        assert_same_weights(again.weights, first.weights)

    def test_but_each_fit_with_callbacks_has_its_own(self, new_trainers):
        for _ in range(2):
            train(plan(callbacks=[Callback()]), SAMPLES)
        assert len(new_trainers) == 2
        assert not trainer_pool._idle_trainers

    def test_after_an_interrupt_while_a_function_was_traced(
        self, new_trainers, monkeypatch
    ):
        expected, _ = train(plan(), SAMPLES, validation=VALIDATION)
        trainer_pool._idle_trainers.clear()
        evaluate = Trainer.evaluate

        def press_ctrl_c(*_):
            raise KeyboardInterrupt

        def evaluate_until_ctrl_c(*arguments):
            patch.setattr(engine, "n_correct", press_ctrl_c)
            return evaluate(*arguments)

        with monkeypatch.context() as patch:
            patch.setattr(Trainer, "evaluate", evaluate_until_ctrl_c)
            with pytest.warns(UserWarning, match="interrupted by user, after 0 of 3"):
                train(plan(), SAMPLES, validation=VALIDATION)
        found, _ = train(plan(), SAMPLES, validation=VALIDATION)
        assert len(new_trainers) == 2
        assert_same_weights(found.weights, expected.weights)

    @pytest.fixture
    def cheap_trainers(self, monkeypatch, new_trainers):
        """Trainers that only tell their size."""

        class Cheap:
            def __init__(self, *arguments):
                self.model = self

            def count_params(self):
                return 1000

        monkeypatch.setattr(trainer_pool, "Trainer", Cheap)
        monkeypatch.setattr(trainer_pool, "MAX_IDLE_TRAINERS", 3)

    def test_what_tensorflow_keeps_of_former_ones_is_freed(
        self, cheap_trainers, monkeypatch
    ):
        freed = []
        monkeypatch.setattr(trainer_pool, "free_kernels", lambda: freed.append(None))
        for batch_size in range(80):
            with self.borrow(batch_size):
                pass
        assert len(freed) == 10

    def test_large_ones_are_let_go(self, cheap_trainers, monkeypatch):
        monkeypatch.setattr(trainer_pool, "MAX_IDLE_WEIGHTS", 999)
        with self.borrow() as first:
            pass
        with self.borrow() as second:
            assert second is not first

    def borrow(self, batch_size=None):
        sgd = optimizer_spec("sgd")
        return borrow_trainer(dense(), SHAPE, sgd, "float32", batch_size)

    def test_two_fits_at_once_have_two(self, cheap_trainers):
        with self.borrow() as first, self.borrow() as second:
            assert first is not second
        with self.borrow() as third:
            assert third in (first, second)

    def test_a_fit_that_fails_keeps_its_trainer_from_others(self, cheap_trainers):
        def fail():
            with self.borrow() as trainer:
                failed.append(trainer)
                raise KeyboardInterrupt

        failed = []
        with pytest.raises(KeyboardInterrupt):
            fail()
        with self.borrow() as trainer:
            assert trainer is not failed[0]

    def test_no_more_than_a_few_the_oldest_go_first(self, cheap_trainers):
        for batch_size in (1, 2, 3, 1, 4, 5):
            with self.borrow(batch_size):
                pass
        kept = {key[-1]: len(idle) for key, idle in trainer_pool._idle_trainers.items()}
        assert kept == {1: 1, 4: 1, 5: 1}
