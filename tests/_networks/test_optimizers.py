import keras
import pytest

from mnist_estimators._networks.optimizers import optimizer_spec

SCHEDULE = keras.optimizers.schedules.ExponentialDecay(0.1, 100, 0.9)


def test_a_name_means_the_defaults_of_keras():
    assert optimizer_spec("adam") == optimizer_spec(keras.optimizers.Adam())
    assert optimizer_spec("sgd").learning_rate == pytest.approx(0.01)


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.SGD(0.5, momentum=0.9, nesterov=True),
        keras.optimizers.AdamW(0.01, weight_decay=0.1, clipnorm=1.0),
        keras.optimizers.RMSprop(SCHEDULE, use_ema=True),
    ],
    ids=lambda optimizer: type(optimizer).__name__,
)
def test_an_instance_is_copied_with_all_its_settings(optimizer):
    built = optimizer_spec(optimizer).build()
    assert built is not optimizer
    assert not optimizer.built
    assert type(built) is type(optimizer)
    assert {**built.get_config(), "name": ""} == {**optimizer.get_config(), "name": ""}


def test_is_told_apart_by_class_and_settings():
    sgd = keras.optimizers.SGD
    variants = [sgd(), sgd(), sgd(momentum=0.9), sgd(0.5), sgd(SCHEDULE)]
    assert len({optimizer_spec(variant) for variant in variants}) == 4


def test_without_the_learning_rate_a_plain_rate_does_not_matter():
    slow, fast, other, scheduled = (
        optimizer_spec(optimizer).without_learning_rate()
        for optimizer in (
            keras.optimizers.Adam(0.001),
            keras.optimizers.Adam(0.1),
            keras.optimizers.Adam(0.1, beta_1=0.5),
            keras.optimizers.Adam(SCHEDULE),
        )
    )
    assert slow == fast
    assert len({slow, other, scheduled}) == 3


def test_a_schedule_has_no_single_rate():
    assert optimizer_spec(keras.optimizers.Adam(SCHEDULE)).learning_rate is None


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match=r"optimizer='adamm' is not known.*'adamw'"):
        optimizer_spec("adamm")


@pytest.mark.parametrize("value", [None, 3, keras.optimizers.Adam, {}])
def test_other_kinds_are_refused(value):
    with pytest.raises(TypeError, match="optimizer must be a name or a keras"):
        optimizer_spec(value)


def test_several_for_parts_of_a_network_are_refused():
    class Several(keras.optimizers.SGD):
        """As keras.optimizers.MultiOptimizer, which older versions lack."""

        optimizers = (keras.optimizers.SGD(), keras.optimizers.Adam())

    with pytest.raises(ValueError, match=r"Several, .* Give one for all layers"):
        optimizer_spec(Several())


def test_scaling_the_loss_is_refused():
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam())
    with pytest.raises(ValueError, match="Give the optimizer inside it"):
        optimizer_spec(scaled)
