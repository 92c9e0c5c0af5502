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

import numpy as np

from mnist_estimators import NumpyDigitClassifier, load_model, save_model

KILLS = 50


def main(folder: Path) -> None:
    rng = random.Random(0)
    images = np.eye(40, 400, dtype=np.float32)
    networks = [
        NumpyDigitClassifier(
            hidden_layer_sizes=(800,), epochs=1, random_state=seed
        ).fit(images, np.arange(40) % 2)
        for seed in range(2)
    ]
    path = folder / "model"
    save_model(networks[0], path)
    start = time.perf_counter()
    save_model(networks[0], path)
    seconds = time.perf_counter() - start
    found = {"kills": 0, "olds": 0, "news": 0, "unfinished": 0, "damaged": []}
    present = 0
    for _ in range(KILLS):
        saving = os.fork()
        if saving == 0:
            try:
                save_model(networks[1 - present], path)
                signal.pause()
            finally:
                os._exit(1)
        time.sleep(rng.uniform(0, 1.3 * seconds))
        os.kill(saving, signal.SIGKILL)
        os.waitpid(saving, 0)
        found["kills"] += 1
        for leftover in folder.glob(".model.*.tmp"):
            leftover.unlink()
            found["unfinished"] += 1
        try:
            weights = load_model(path).weights_[0]
        except Exception as error:
            found["damaged"].append(repr(error))
            save_model(networks[present], path)
            continue
        is_new = np.array_equal(weights, networks[1 - present].weights_[0])
        if not is_new and not np.array_equal(weights, networks[present].weights_[0]):
            found["damaged"].append("the weights are neither")
        found["news" if is_new else "olds"] += 1
        present = 1 - present if is_new else present
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
