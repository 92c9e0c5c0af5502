"""The old module of ``split_digits``."""

from mnist_estimators._moved import refuse_import

refuse_import(__name__, "mnist_estimators.preprocessing.split_digits")
