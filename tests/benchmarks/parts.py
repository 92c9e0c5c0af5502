"""Benchmarks that consist of parts: running them, and writing what they found."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

sys.path.append(str(Path(__file__).parents[1]))  # where scans.py is
FOLDER = Path(__file__).parents[2] / "docs" / "benchmarks"
# What was done, in which way, and what came out.
Row = tuple[str, str, float]


@cache
def mnist() -> Any:
    from mnist_estimators import load_mnist

    X, y = load_mnist(subset="train")
    X_test, y_test = load_mnist(subset="test")
    return X, y.astype(int), X_test, y_test.astype(int)


@cache
def scans_of_test_images() -> Any:
    from scans import simulate_scans

    *_, X_test, _ = mnist()
    return simulate_scans(X_test.reshape(-1, 28, 28), seed=0)


def seconds_of(work: Callable[[], Any], repeats: int = 3) -> Iterator[float]:
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        yield time.perf_counter() - started


def deviation(values: pd.Series) -> str:
    return f"{values.std():.2f}" if len(values) > 1 else ""


def gains_table(found: pd.DataFrame) -> str:
    """Write accuracies without and with, in percent."""
    means = found.groupby(["work", "variant"], sort=False)["value"]
    summary = pd.DataFrame({"mean": means.mean(), "SD": means.std(), "n": means.size()})

    def shown(work: str, variant: str) -> str:
        if (work, variant) not in summary.index:
            return ""
        mean, deviation, n_runs = summary.loc[(work, variant)]
        spread = f" (SD {100 * deviation:.2f})" if n_runs > 1 else ""
        return f"{100 * mean:.2f} %{spread}"

    lines = ["| on MNIST's test images | without | with |", "|---|---|---|"]
    lines += [
        f"| {work} | {shown(work, 'without')} | {shown(work, 'with')} |"
        for work in found["work"].unique()
    ]
    return "\n".join(lines) + "\n"


def seconds_table(found: pd.DataFrame) -> str:
    """Write medians, in seconds."""
    medians = found.groupby(["work", "variant"], sort=False)["value"].median()
    lines = ["| work | | s |", "|---|---|---|"]
    lines += [
        f"| {work} | {variant} | {value:.2f} |"
        for (work, variant), value in medians.items()
    ]
    return "\n".join(lines) + "\n"


def run_parts(
    description: str | None,
    parts: Mapping[str, Callable[[], Iterator[Row]]],
    name: str,
    write_tables: Callable[[pd.DataFrame, Path], None],
) -> None:
    """Run the parts named on the command line; keep what was found of the others."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--only", nargs="*", choices=parts, default=list(parts))
    parser.add_argument("--folder", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    path = arguments.folder / f"{name}.csv"
    found = pd.read_csv(path, keep_default_na=False) if path.exists() else None
    for part in arguments.only:
        rows = [] if found is None else [found[found["part"] != part]]
        for work, variant, value in parts[part]():
            print(f"{work}: {variant}: {value:.4f}", flush=True)
            row = {"part": part, "work": work, "variant": variant, "value": value}
            rows.append(pd.DataFrame([row]))
            found = pd.concat(rows, ignore_index=True)
            found.to_csv(path, index=False)
    if found is not None and set(parts) <= set(found["part"]):
        write_tables(found, path.with_suffix(".md"))
