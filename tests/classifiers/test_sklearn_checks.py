"""scikit-learn's own generic checks over the classifiers."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from mnist_estimators import (
    CNNDigitClassifier,
    DenseDigitClassifier,
    NumpyDigitClassifier,
)

# The data of the checks are tiny: they need more and smaller steps than images do.
CLASSIFIERS = [
    DenseDigitClassifier(hidden_layer_sizes=(32,), epochs=30, batch_size=16),
    CNNDigitClassifier(
        filters=(8,), dense_layer_sizes=(32,), epochs=30, batch_size=16, dropout=0.0
    ),
]


def expected_failed_checks(estimator):
    return {
        "check_sample_weight_equivalence_on_dense_data": (
            "a row of weight 2 is one row in one mini-batch, two equal rows can fall "
            "into two: the steps differ"
        )
    }


@parametrize_with_checks(CLASSIFIERS, expected_failed_checks=expected_failed_checks)
def test_sklearn_compatible(estimator, check):
    check(estimator)


@parametrize_with_checks([NumpyDigitClassifier()])
def test_sklearn_compatible_without_exception(estimator, check):
    check(estimator)
