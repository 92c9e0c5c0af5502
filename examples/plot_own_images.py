"""
===========================================
Own images: photographs, scans and drawings
===========================================

A network that reads 99 % of MNIST often fails on a photograph, because the photograph
does not look like MNIST: dark ink on light, uneven paper, another size, off centre.
``DigitCanonicalizer`` brings pictures of single digits to MNIST's form. This example
draws some pictures, saves them, and reads them from their files. Pictures of your own
can be named instead::

    python examples/plot_own_images.py --pictures four.jpg seven.png --data mnist
"""

# %%
# Pictures on paper
# -----------------
#
# Each is an image of a digit, enlarged and put off centre on paper that is lit from one
# side, as a lamp on a desk does. Half of them are JPEG files, half PNG.

import argparse
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from mnist_estimators import (
    CNNDigitClassifier,
    load_digit_images,
    load_mnist,
    load_small_digits,
)
from mnist_estimators.augmentation import DigitAugmenter
from mnist_estimators.preprocessing import DigitCanonicalizer

parser = argparse.ArgumentParser()
parser.add_argument("--data", choices=["small", "mnist"], default="small")
parser.add_argument("--pictures", nargs="+", type=Path)
arguments = parser.parse_known_args()[0]  # a notebook adds arguments of its own


def on_paper(digit: np.ndarray, rng: np.random.Generator) -> Image.Image:
    """Draw a digit with dark ink on a sheet in uneven light."""
    size = int(rng.integers(60, 160))
    ink = Image.fromarray(digit).resize((size, size), Image.Resampling.BICUBIC)
    sheet = np.linspace(230, 150, 200)[np.newaxis] * np.ones((240, 1))
    top, left = rng.integers(0, (240 - size, 200 - size))
    sheet[top : top + size, left : left + size] -= 0.5 * np.asarray(ink)
    sheet += rng.normal(0, 4, sheet.shape)
    return Image.fromarray(sheet.clip(0, 255).astype(np.uint8))


if arguments.data == "mnist":
    X_train, y_train = load_mnist(subset="train")
    X_test, y_test = load_mnist(subset="test")
else:
    X, y = load_small_digits()
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, stratify=y, random_state=0
    )

labels = None
paths = arguments.pictures
if paths is None:
    rng = np.random.default_rng(0)
    folder = Path(tempfile.mkdtemp())
    labels = y_test[:60]
    paths = [folder / f"{n}.{'jpg' if n % 2 else 'png'}" for n in range(len(labels))]
    for path, digit in zip(paths, X_test, strict=False):
        on_paper(digit.reshape(28, 28), rng).save(path)

# %%
# What they become
# ----------------
#
# ``load_digit_images`` reads PNG, JPEG, BMP, WEBP and TIFF files, and turns photographs
# upright. ``DigitCanonicalizer`` estimates the paper and takes it away, crops the
# digit, fits it into 20 x 20 pixels and centres it in 28 x 28.

pictures = load_digit_images(paths)
canonical = DigitCanonicalizer().fit_transform(pictures)

n_shown = min(6, len(pictures))
figure, axes = plt.subplots(
    2, n_shown, squeeze=False, figsize=(1.3 * n_shown, 3), layout="constrained"
)
for column, (picture, image) in enumerate(
    zip(pictures[:n_shown], canonical[:n_shown], strict=True)
):
    axes[0, column].imshow(picture, cmap="gray", vmin=0, vmax=255)
    axes[1, column].imshow(image.reshape(28, 28), cmap="gray")
for axis in axes.flat:
    axis.set_axis_off()
figure.suptitle("From pictures to MNIST's form")

# %%
# Read them
# ---------
#
# The network learns from clean images. In a pipeline, the canonicalizer stands before
# it: the pipeline then takes pictures of any size. The training images go through it as
# well, so that both look alike.

classifier = CNNDigitClassifier(
    epochs=30 if arguments.data == "small" else 5,
    augmenter=DigitAugmenter(),
    random_state=0,
)
pipeline = make_pipeline(DigitCanonicalizer(), classifier)
pipeline.fit(X_train, y_train)
predictions = pipeline.predict(pictures)
for path, prediction in zip(paths[:n_shown], predictions, strict=False):
    print(f"{path.name}: {prediction}")
if labels is not None:
    print(f"accuracy on {len(labels)} pictures: {np.mean(predictions == labels):.3f}")

# %%
# Without the canonicalizer
# -------------------------
#
# Squeezed into 28 x 28 as they are, and even with black and white exchanged, the same
# pictures are hard to read: the digits are small, off centre, and on grey.

if labels is not None:
    squeezed = np.stack(
        [255 - np.asarray(Image.fromarray(one).resize((28, 28))) for one in pictures]
    )
    predictions = classifier.predict(squeezed.reshape(len(squeezed), -1))
    print(f"accuracy without: {np.mean(predictions == labels):.3f}")

plt.show()
