"""The old module of ``DigitCanonicalizer``."""

from mnist_estimators._moved import refuse_import

refuse_import(__name__, "mnist_estimators.preprocessing.DigitCanonicalizer")
