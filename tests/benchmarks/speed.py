"""Compare the speed of this package with that of its peers.

``python tests/benchmarks/speed.py`` runs every case and writes ``speed.csv`` (single
runs) and ``speed.md`` (medians and ratios) to ``docs/benchmarks``. The contenders of a
case wait in processes of their own and run in turn, so that a machine whose speed
drifts treats them alike. MNIST is needed, and the extra ``bench``.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from speed_cases import CASES, Case
from speed_contenders import CONTENDERS

PACKAGES = (
    "tensorflow",
    "keras",
    "scikeras",
    "scikit-learn",
    "skorch",
    "torch",
    "numpy",
)
FOLDER = Path(__file__).parents[2] / "docs" / "benchmarks"


class Contender:
    """A process that prepared one contender's work and waits to be told to run it."""

    def __init__(self, case: str, name: str):
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--serve", case, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._answer()

    def run(self) -> dict[str, float]:
        assert self._process.stdin is not None
        self._process.stdin.write("run\n")
        self._process.stdin.flush()
        return self._answer()

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(
                f"{self._process.args} ended with {self._process.wait()}"
            )
        return json.loads(line)


def serve(case: str, contender: str) -> None:
    """Prepare, then run once for each line of standard input."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    run = CASES[case].prepare(contender)
    print(json.dumps({}), file=answers, flush=True)
    for _ in sys.stdin:
        print(json.dumps(run()), file=answers, flush=True)


def measure(name: str, case: Case, repeats: int) -> pd.DataFrame:
    """Run the contenders of a case in turn; the first round is marked as cold."""
    contenders = {one: Contender(name, one) for one in case.contenders}
    rows = []
    for repeat in range(repeats + 1):
        for one, contender in contenders.items():
            result = contender.run()
            rows.append({"case": name, "contender": one, "round": repeat, **result})
            print(f"{name} {one} {repeat}: {result}", file=sys.stderr, flush=True)
    for contender in contenders.values():
        contender.stop()
    return pd.DataFrame(rows)


def as_summary(runs: pd.DataFrame) -> str:
    """Lay out a row for each case: medians, and their ratios to the first contender."""
    peers = [name for name in CONTENDERS if name != "ours"]
    lines = [
        "| work | this package | " + " | ".join(peers) + " |",
        "|---|---|" + "---|" * len(peers),
    ]
    for name, of_case in runs.groupby("case", sort=False):
        case = CASES[str(name)]
        if not set(peers) & set(case.contenders):
            continue
        first = _warm(of_case, case.contenders[0])
        cells = [case.title, _median(first, case)]
        for one in peers:
            own = _warm(of_case, one)
            ratio = (own["seconds"] / first["seconds"]).median()
            times = f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2g}"
            cells.append(f"{_median(own, case)} ({times}x)" if len(own) else "")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _warm(runs: pd.DataFrame, contender: str) -> pd.DataFrame:
    """Take the rounds of a contender after the first, cold one."""
    kept = (runs["contender"] == contender) & (runs["round"] > 0)
    return runs[kept].set_index("round")


def _median(runs: pd.DataFrame, case: Case) -> str:
    value, unit = runs["seconds"].median(), case.unit
    if unit == "s" and value < 0.1:
        value, unit = 1e3 * value, "ms"
    accuracy = runs["accuracy"].mean() if "accuracy" in runs else np.nan
    shown = "" if np.isnan(accuracy) else f", {100 * accuracy:.1f} %"
    return f"{value:.3g} {unit}{shown}"


def as_markdown(runs: pd.DataFrame) -> str:
    """Lay out a row for each contender, with spread and the ratio to reach."""
    lines = [
        "| work | contender | median | range | first run | ratio | at least |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, of_case in runs.groupby("case", sort=False):
        case = CASES[str(name)]
        first = _warm(of_case, case.contenders[0])
        for one in case.contenders:
            own = _warm(of_case, one)
            seconds = own["seconds"]
            cold = of_case[(of_case["contender"] == one) & (of_case["round"] == 0)]
            ratio = (seconds / first["seconds"]).median()
            aim = case.at_least.get(one)
            cells = [
                case.title if one == case.contenders[0] else "",
                one,
                f"{seconds.median():.4g} {case.unit}",
                f"{seconds.min():.4g} - {seconds.max():.4g}",
                f"{cold['seconds'].iloc[0]:.4g}",
                "" if one == case.contenders[0] else f"{ratio:.2f}x",
                "" if aim is None else f"{aim:.2f}x",
            ]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def describe_machine() -> str:
    """Name the processor and the versions."""
    processor = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [row for row in info.read_text().splitlines() if "model name" in row]
        processor = names[0].partition(":")[2].strip() if names else processor
    versions = ", ".join(f"{p} {importlib.metadata.version(p)}" for p in PACKAGES)
    return (
        f"{processor}, {os.cpu_count()} cores; Python {platform.python_version()}, "
        + versions
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument(
        "--tables", action="store_true", help="run nothing: lay out the earlier runs"
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(*arguments.serve)
        return
    arguments.folder.mkdir(parents=True, exist_ok=True)
    path = arguments.folder / "speed.csv"
    kept = pd.read_csv(path) if path.exists() else pd.DataFrame()
    for name in [] if arguments.tables else arguments.only:
        runs = measure(name, CASES[name], arguments.repeats)
        if len(kept):
            kept = kept[kept["case"] != name]
        kept = pd.concat([kept, runs], ignore_index=True)
        kept.to_csv(path, index=False)
    order = {name: number for number, name in enumerate(CASES)}
    kept = kept.sort_values("case", key=lambda names: names.map(order), kind="stable")
    kept.to_csv(path, index=False)
    text = f"{describe_machine()}\n\n{as_summary(kept)}\n\n{as_markdown(kept)}\n"
    (arguments.folder / "speed.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
