"""Load mutated model files under observation; run by `test_mutations.py`.

An audit hook sees every file that is opened and every command, import, code object or
connection, whatever library asks for it. First it has to find planted canaries.
"""

import colorsys
import json
import pickle
import random
import resource
import socket
import subprocess
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import mutations as made
import numpy as np
from equality import assert_same
from forged import members_of_file, sealed
from sklearn.neighbors import KNeighborsClassifier
from states import in_state

from mnist_estimators import load_model
from mnist_estimators._networks.backbones import BACKBONES
from mnist_estimators._networks.specs import layer
from mnist_estimators.exceptions import ModelFileError
from mnist_estimators.persistence._writer import members_of

HARMLESS = {"builtins.id", "object.__getattr__", "sys._getframe"}
WRITING = 0b11  # of the flags of `open`
MAX_SECONDS = 10
MAX_MEGABYTES = 512


class Watcher:
    """An audit hook that notes what a load has no business to do."""

    def __init__(self, path: Path):
        self._path = str(path)
        self._events: list[str] | None = None
        self.most_megabytes = 0.0

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._events is None or event in HARMLESS:
            return
        if event == "compile" and arguments[1] == "<unknown>":
            return  # ast.literal_eval, which runs nothing
        if event == "open":
            file, _, flags = arguments
            is_ours = isinstance(file, int) or str(file) == self._path
            if is_ours and not flags & WRITING:
                return
        self._events.append(f"{event} {arguments!r:.80}")

    def problems_of(self, action: Callable[[], object]) -> list[str]:
        """Run something; tell what it did that it should not."""
        before, start = reset_memory(), time.process_time()
        self._events = []
        failure = []
        try:
            action()
        except BaseException as error:
            failure = [f"{type(error).__name__}: {error}"]
        found, self._events = self._events, None
        seconds = time.process_time() - start
        found += failure
        if seconds > MAX_SECONDS:
            found.append(f"{seconds:.0f} s")
        taken = most_memory() - before
        self.most_megabytes = max(self.most_megabytes, taken)
        if taken > MAX_MEGABYTES:
            found.append(f"{taken:.0f} MB")
        return found


def reset_memory() -> float:
    """Forget the most memory that this process has had, and tell what it has now."""
    with suppress(OSError):  # in Linux alone
        Path("/proc/self/clear_refs").write_text("5")
    return most_memory()


def most_memory() -> float:
    """Tell the most memory that this process has had, in MB."""
    with suppress(OSError):
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def canaries(folder: Path) -> dict[str, Callable[[], object]]:
    """Do, on purpose, what no load may do."""
    del sys.modules["colorsys"]
    return {
        "pickle": lambda: pickle.loads(pickle.dumps(made.Evil())),
        "command": lambda: subprocess.run(["true"], check=True),
        "code": lambda: exec("1 + 1"),
        "import": lambda: __import__("colorsys"),
        "read": lambda: Path(colorsys.__file__).read_bytes(),
        "write": lambda: (folder / "mutated").write_bytes(b""),
        "removal": lambda: (folder / "mutated").unlink(),
        "NumPy": lambda: np.load(colorsys.__file__, allow_pickle=True),
        "connection": lambda: socket.create_connection(("127.0.0.1", 9), 0.1),
        "memory": lambda: np.ones(600 * 2**17).sum(),
    }


def forged_backbones(classifier: Any) -> Iterator[made.Mutation]:
    """Have a small network begin with a large one, which Keras alone can build."""
    of_weights = {
        "its own": classifier.weights_,
        "many small": [np.zeros(1, np.float32) for _ in range(700)],
        "few large": [np.zeros(100_000, np.float32) for _ in range(20)],
        "one, many times": [np.zeros(100_000, np.float32)] * 700,
    }
    for name in BACKBONES:
        network = (layer("Backbone", application=name), *classifier._network)
        for what, weights in of_weights.items():
            forged = in_state(classifier, network=network, weights=tuple(weights))
            content = sealed(members_of(forged))
            yield made.Mutation(content, False, f"{name}, weights: {what}")


def all_mutations(
    path: Path, original: Any, rng: random.Random
) -> Iterator[made.Mutation]:
    """Mutate one file in every way."""
    content, members = path.read_bytes(), members_of_file(path)
    for _ in range(270):
        yield made.damaged(content, rng)
    for _ in range(15):
        yield made.swapped(members, rng)
    yield from made.forged_schemas(members, rng, 100)
    if path.stem in ("network", "forest"):
        yield from made.forged_members(members)
        yield from made.archives(members)
    yield from made.manifests(members)
    if path.stem == "network":
        yield from made.bombs(members)
    if path.stem == "keras":
        yield from forged_backbones(original)


def images_for(original: Any) -> Any:
    """Make something to predict."""
    X = np.zeros((3, original.n_features_in_), np.float32)
    X[:, ::2] = 200
    return X


def warm_up(originals: Iterable[Any]) -> None:
    """Predict as the fuzzed will: a first prediction asks for cores and libraries."""
    few = np.eye(4, dtype=np.float32)
    KNeighborsClassifier(1, algorithm="brute").fit(few, range(4)).predict(few)
    for original in originals:
        if not hasattr(original, "precision"):
            original.predict(images_for(original))


def main(folder: Path) -> None:
    warnings.simplefilter("ignore")
    path = folder / "mutated"
    watcher = Watcher(path)
    originals = {file: load_model(file) for file in sorted(folder.glob("*.model"))}
    warm_up(originals.values())
    found: Counter[str] = Counter()
    problems: list[str] = []
    sys.addaudithook(watcher)

    def load(mutation: made.Mutation, original: Any) -> None:
        try:
            loaded = load_model(path)
        except ModelFileError:
            found["refused"] += 1
            return
        assert mutation.may_be_equal, "it was loaded"
        assert_same(loaded, original)
        found["equal"] += 1

    def load_and_predict(original: Any, X: Any) -> None:
        try:
            loaded = load_model(path)
        except ModelFileError:
            found["fuzzed and refused"] += 1
            return
        found["fuzzed and loaded"] += 1
        if not hasattr(original, "precision") and hasattr(loaded, "predict"):
            loaded.n_jobs = None  # other numbers have joblib count the cores
            try:
                loaded.predict(X)
            except Exception:  # whatever the nonsense in it leads to
                found["fuzzed, loaded, and failed to predict"] += 1

    def watch(what: str, action: Callable[[], object]) -> None:
        seen = watcher.problems_of(action)
        problems.extend(f"{what}: {one:.300}" for one in seen)

    for file, original in originals.items():
        rng = random.Random(file.stem)
        for mutation in all_mutations(file, original, rng):
            path.write_bytes(mutation.content)
            found["mutated"] += 1
            watch(
                f"{file.stem}: {mutation.what}",
                lambda: load(mutation, original),  # noqa: B023  called at once
            )
        X = images_for(original)
        for content in made.fuzzed(members_of_file(file), rng, 60):
            path.write_bytes(content)
            watch(
                f"{file.stem}, fuzzed",
                lambda: load_and_predict(original, X),  # noqa: B023  called at once
            )
    told = {
        "counts": found,
        "problems": problems,
        "megabytes": round(watcher.most_megabytes),
        "tensorflow": "tensorflow" in sys.modules,
        "canaries": {
            name: watcher.problems_of(canary)
            for name, canary in canaries(folder).items()
        },
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
