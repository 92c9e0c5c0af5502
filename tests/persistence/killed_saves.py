"""Kill a process that saves, at 50 random moments; run by `test_files.py`.

All 50 are forked from this one, which has no TensorFlow and no threads, so that none
has to import anything.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from mnist_estimators import NumpyDigitClassifier, load_model, save_model

KILLS = 50


class SavingProcess:
    """A process that is about to save, and tells of the end."""

    def __init__(self, network: Any, path: Path):
        self._told, told = os.pipe()
        self._number = os.fork()
        if self._number == 0:
            try:
                os.write(told, b"begins")
                save_model(network, path)
                os.write(told, b"ends")
                signal.pause()
            finally:
                os._exit(1)
        os.close(told)
        os.read(self._told, 6)

    def seconds(self) -> float:
        """Wait for the end."""
        start = time.perf_counter()
        os.read(self._told, 4)
        return time.perf_counter() - start

    def kill(self) -> None:
        """Leave it no time for anything."""
        os.kill(self._number, signal.SIGKILL)
        os.waitpid(self._number, 0)
        os.close(self._told)


def main(folder: Path) -> None:
    rng = random.Random(0)
    images = np.eye(40, 400, dtype=np.float32)
    network = NumpyDigitClassifier(hidden_layer_sizes=(800,), epochs=1)
    networks = [
        network.set_params(random_state=seed).fit(images, np.arange(40) % 2).weights_[0]
        for seed in range(2)
    ]
    path = folder / "model"
    present = 0
    found: dict[str, Any] = {"olds": 0, "news": 0, "unfinished": 0, "damaged": []}

    def saving(which: int) -> SavingProcess:
        network.weights_ = [networks[which], *network.weights_[1:]]
        return SavingProcess(network, path)

    times = []
    for _ in range(5):
        process = saving(present)
        times.append(process.seconds())
        process.kill()
    usual = sorted(times)[2]
    for number in range(KILLS):
        process = saving(1 - present)
        if number % 2:  # any moment of the save
            time.sleep(rng.uniform(0, 1.5 * usual))
        else:  # any moment of the writing alone
            give_up = time.perf_counter() + 2 * usual
            while not [*folder.glob(".model.*.tmp")]:
                if time.perf_counter() > give_up:
                    break
                time.sleep(usual / 1000)
            time.sleep(rng.uniform(0, 0.1 * usual))
        process.kill()
        for leftover in folder.glob(".model.*.tmp"):
            leftover.unlink()
            found["unfinished"] += 1
        try:
            weights = load_model(path).weights_[0]
        except Exception as error:
            found["damaged"].append(repr(error))
            save_model(network, path)
            weights = networks[1 - present]
        if np.array_equal(weights, networks[1 - present]):
            found["news"] += 1
            present = 1 - present
        elif np.array_equal(weights, networks[present]):
            found["olds"] += 1
        else:
            found["damaged"].append("the weights are neither")
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
