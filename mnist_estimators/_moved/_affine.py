"""The old module of ``AffineAugmenter``."""

from mnist_estimators._moved import refuse_import

refuse_import(__name__, "mnist_estimators.augmentation.AffineAugmenter")
