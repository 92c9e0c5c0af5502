"""Search for the settings of the recipes, on splits of the training images alone.

``python tests/benchmarks/search.py`` writes ``docs/benchmarks/search.csv`` and a table
next to it. Each part holds out some of the training images to score the candidates;
two fits run at a time, each on one core.
"""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from parts import Row, mnist, run_parts

STRONGER = {"rotation": 10.0, "translation": 0.06, "zoom": 0.1, "shear": 8.0}
STRONG = {"rotation": 12.0, "translation": 0.08, "zoom": 0.15, "shear": 12.0}


def shown(value: Any) -> str:
    """Write a value; of an optimizer its class and what differs from the default."""
    if not hasattr(value, "get_config"):
        return " ".join(str(value).split())
    defaults = type(value)().get_config()
    config = {k: v for k, v in value.get_config().items() if v != defaults[k]}
    return f"{type(value).__name__}({described(config)})"


def described(params: dict[str, Any]) -> str:
    return ", ".join(f"{name}={shown(value)}" for name, value in params.items())


def searched(search: Any, *, n_splits: int, n_held_out: int) -> Iterator[Row]:
    """Fit a search, and tell accuracy and seconds of each candidate in each round."""
    from sklearn.model_selection import StratifiedShuffleSplit

    X, y, *_ = mnist()
    splits = StratifiedShuffleSplit(n_splits, test_size=n_held_out, random_state=1)
    search.set_params(cv=splits, refit=False, n_jobs=2)
    found = pd.DataFrame(search.fit(X, y).cv_results_)
    for row in found.itertuples():
        params = dict(row.params)
        epochs = params.pop("epochs")
        yield f"{epochs} epochs", described(params), row.mean_test_score
        yield f"{epochs} epochs: s", described(params), row.mean_fit_time


def dense() -> Iterator[Row]:
    """Halve dense networks: normalisation, dropout and strength of augmentation."""
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401  # enables it
    from sklearn.model_selection import HalvingGridSearchCV

    from mnist_estimators import DenseDigitClassifier
    from mnist_estimators.augmentation import DigitAugmenter

    grid = {
        "batch_normalization": [False, True],
        "dropout": [0.1, 0.3],
        "augmenter": [
            DigitAugmenter(),
            DigitAugmenter(**STRONGER, alpha=0.8),
            DigitAugmenter(**STRONG, alpha=1.2),
        ],
    }
    classifier = DenseDigitClassifier(hidden_layer_sizes=(1024, 512), random_state=0)
    yield from searched(
        HalvingGridSearchCV(
            classifier,
            grid,
            factor=3,
            resource="epochs",
            min_resources=8,
            max_resources=72,
        ),
        n_splits=1,
        n_held_out=10_000,
    )


def fast() -> Iterator[Row]:
    """Compare small convolutional networks that train for two or three epochs."""
    from sklearn.model_selection import GridSearchCV

    from mnist_estimators import CNNDigitClassifier

    grid = {
        "filters": [(16, 32), (24, 32)],
        "padding": ["same", "valid"],
        "batch_normalization": [False, True],
        "epochs": [2, 3],
    }
    classifier = CNNDigitClassifier(
        kernel_size=5,
        dense_layer_sizes=(256,),
        dropout=0.25,
        batch_size=256,
        learning_rate=0.01,
        random_state=0,
    )
    yield from searched(GridSearchCV(classifier, grid), n_splits=2, n_held_out=10_000)


ARCHITECTURES = [
    ("same", (16, (32, 32), 64), (5, 3, 3), 15),
    ("same", (24, (48, 48), 96), (5, 3, 3), 7),
    ("valid", (24, (48, 48), 96), (5, 3, 3), 20),
    ("valid", (32, (64, 64), 128), (5, 3, 3), 12),
    ("valid", (32, (64, 64, 64)), (5, 3), 10),
    ("valid", (32, (64, 64, 64, 64)), (5, 3), 9),
    ("valid", ((16, 16), (48, 48, 48)), (3, 3), 14),
]


def accurate_cnn(**settings: Any) -> Any:
    from mnist_estimators import CNNDigitClassifier
    from mnist_estimators.augmentation import DigitAugmenter

    classifier = CNNDigitClassifier(
        batch_normalization=True,
        label_smoothing=0.05,
        augmenter=DigitAugmenter(),
        random_state=0,
    )
    return classifier.set_params(**settings)


def chosen_cnn(**settings: Any) -> Any:
    """Make the network that `architecture` led to, for the searches after it."""
    architecture = {"filters": (32, (64, 64, 64)), "kernel_size": (5, 3)}
    return accurate_cnn(padding="valid", **architecture, **settings)


def architecture() -> Iterator[Row]:
    """Compare convolutional networks that train for about the same time."""
    from sklearn.model_selection import GridSearchCV

    names = ("padding", "filters", "kernel_size", "epochs")
    grid = [
        {name: [value] for name, value in zip(names, values, strict=True)}
        for values in ARCHITECTURES
    ]
    yield from searched(
        GridSearchCV(accurate_cnn(), grid), n_splits=1, n_held_out=20_000
    )


def settings() -> Iterator[Row]:
    """Halve ways to train the chosen network, each of which differs in one thing."""
    import keras
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401  # enables it
    from sklearn.model_selection import HalvingGridSearchCV

    from mnist_estimators.augmentation import DigitAugmenter

    averaging = keras.optimizers.Adam(use_ema=True, ema_momentum=0.999)
    changes: list[dict[str, Any]] = [
        {"dropout": 0.5},  # the default: nothing changed
        {"dropout": 0.25},
        {"spatial_dropout": 0.05},
        {"learning_rate": 0.001},
        {"learning_rate": 0.01},
        {"batch_size": 64},
        {"label_smoothing": 0.0},
        {"augmenter": DigitAugmenter(**STRONGER, alpha=0.5)},
        {"optimizer": averaging, "learning_rate": 0.003},
    ]
    search = HalvingGridSearchCV(
        chosen_cnn(),
        [{name: [value] for name, value in change.items()} for change in changes],
        factor=3,
        resource="epochs",
        min_resources=4,
        max_resources=12,
    )
    yield from searched(search, n_splits=1, n_held_out=20_000)


def longer() -> Iterator[Row]:
    """Compare networks that train for nearly ten minutes, on two splits.

    Where nothing else is said they are the chosen one of `architecture`, with dropout
    of 0.25. Log loss tells more than accuracy, where networks differ by a few images.
    The narrower network of 32 epochs is a little better, but takes more than ten
    minutes for all 60,000 images.
    """
    import keras
    from sklearn.metrics import log_loss
    from sklearn.model_selection import train_test_split

    from mnist_estimators.augmentation import DigitAugmenter

    decaying = keras.optimizers.AdamW(weight_decay=0.05)
    candidates: list[dict[str, Any]] = [
        {"epochs": 20},
        {"epochs": 20, "augmenter": DigitAugmenter(**STRONGER)},
        {"epochs": 20, "optimizer": decaying},
        {"epochs": 32, "filters": (24, (48, 48), 96), "kernel_size": (5, 3, 3)},
        {"epochs": 56, "filters": (16, (32, 32), 64), "kernel_size": (5, 3, 3)},
    ]
    X, y, *_ = mnist()
    for changes in candidates:
        accuracies, losses = [], []
        for seed in range(2):
            X_train, X_held, y_train, y_held = train_test_split(
                X, y, test_size=10_000, stratify=y, random_state=seed
            )
            classifier = chosen_cnn(dropout=0.25, random_state=seed)
            classifier.set_params(**changes)
            predicted = classifier.fit(X_train, y_train).predict_proba(X_held)
            accuracies.append((predicted.argmax(axis=1) == y_held).mean())
            losses.append(log_loss(y_held, predicted))
        yield "accuracy", described(changes), sum(accuracies) / 2
        yield "log loss", described(changes), sum(losses) / 2


PARTS = {part.__name__: part for part in (dense, fast, architecture, settings, longer)}


def cell(found: "pd.Series[float]", name: str) -> str:
    if pd.isna(found[name]):
        return ""
    if name == "log loss":
        return f"{found[name]:.4f}"
    seconds = f" ({found[f'{name}: s']:.0f} s)" if f"{name}: s" in found else ""
    return f"{100 * found[name]:.2f} %{seconds}"


def part_table(rows: pd.DataFrame) -> str:
    """Write accuracy and seconds: a line a candidate, a column a round."""
    values = rows.pivot_table(
        index="variant", columns="work", values="value", sort=False
    )
    rounds = [name for name in values if not name.endswith(": s")]
    lines = [f"| candidate | {' | '.join(rounds)} |", "|---" * (len(rounds) + 1) + "|"]
    for variant, found in values.iterrows():
        cells = [cell(found, name) for name in rounds]
        lines.append(f"| {' | '.join([str(variant), *cells])} |")
    return "\n".join(lines) + "\n"


def write_tables(found: pd.DataFrame, path: Path) -> None:
    text = "# How the settings of the recipes were found\n\n"
    text += (
        "Made by `python tests/benchmarks/search.py`: accuracy on held-out training "
    )
    text += "images, and the time of a fit on one core. The test images play no part.\n"
    for part, rows in found.groupby("part", sort=False):
        text += f"\n## {part}\n\n{inspect.getdoc(PARTS[part])}\n\n"
        text += part_table(rows)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run_parts(__doc__, PARTS, "search", write_tables)
