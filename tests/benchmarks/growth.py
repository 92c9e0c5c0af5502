"""Measure how much memory a process gains from fits of ever other networks.

``python tests/benchmarks/growth.py`` fits 300 small convolutional networks, each with
images of another shape, other filters and another batch size, and prints the resident
memory after every tenth. It fails if it grows by more than 60 MB after the 50th: until
then caches fill, of which each has its limit.
"""

import gc
import sys

import numpy as np
import psutil

from mnist_estimators import CNNDigitClassifier

N_FITS, N_FIRST, MOST_MEGABYTES = 300, 50, 60


def fit_one(rng: np.random.Generator) -> None:
    n, height, width = rng.integers([60, 8, 8], [120, 20, 20])
    network = CNNDigitClassifier(
        filters=tuple(rng.integers(2, 9, 2)),
        dense_layer_sizes=(rng.integers(4, 30),),
        batch_size=rng.integers(8, 64),
        epochs=1,
        random_state=0,
    )
    images = rng.integers(0, 255, (n, height, width)).astype(np.uint8)
    network.fit(images, np.arange(n) % 10)


def main() -> None:
    rng = np.random.default_rng(0)
    process = psutil.Process()
    megabytes = {}
    for number in range(1, N_FITS + 1):
        fit_one(rng)
        if number % 10 == 0:
            gc.collect()
            megabytes[number] = process.memory_info().rss / 2**20
            print(f"{number} fits: {megabytes[number]:.0f} MB", flush=True)
    growth = megabytes[N_FITS] - megabytes[N_FIRST]
    print(f"after the first {N_FIRST}: {growth:+.0f} MB")
    if growth > MOST_MEGABYTES:
        sys.exit(f"more than {MOST_MEGABYTES} MB")


if __name__ == "__main__":
    main()
