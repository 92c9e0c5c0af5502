"""Run the tests on a sample of mutants, to find faults that no test notices.

``python tests/mutation/run_mutants.py STATE`` records which tests run which lines, then
runs each mutant in a process of its own, with the tests of its room that run its line.
The folder STATE keeps both: start it again to continue. ``--report`` prints the result.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from mutants import ROOMS, Mutant, sample

ROOT = Path(__file__).parents[2]
MAX_TESTS = 40
MAX_SECONDS_OF_TESTS = 60.0
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("state", type=Path, help="folder that keeps what was found")
    parser.add_argument("--n-mutants", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rooms", nargs="+", choices=ROOMS, default=ROOMS)
    parser.add_argument("--record-only", action="store_true")
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument(
        "--survivors",
        action="store_true",
        help="run those that survived again, with ten times as many tests each",
    )
    parser.add_argument("--report", action="store_true")
    options = parser.parse_args()
    options.state.mkdir(parents=True, exist_ok=True)
    mutants = [
        mutant
        for mutant in sample(ROOT, options.n_mutants, options.seed)
        if mutant.room in options.rooms
    ]
    if options.report:
        report(mutants, results(options.state))
        return
    ends = time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        _copy_files(copy)
        maps = {room: record(copy, options.state, room) for room in options.rooms}
        if options.record_only:
            return
        done = results(options.state)
        for mutant in mutants:
            outcome = done.get(mutant.key, {}).get("outcome")
            again = options.survivors and outcome in ("survived", "uncovered")
            if (outcome is None or again) and time.monotonic() < ends:
                more = 10 if again else 1
                result = run(copy, mutant, maps[mutant.room], more)
                with (options.state / "results.jsonl").open("a") as file:
                    print(json.dumps(result), file=file)
                print(result["outcome"], mutant.key, flush=True)


def _copy_files(copy: Path) -> None:
    command = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)


def _pytest(
    copy: Path, arguments: Iterable[str], seconds: float, **variables: str
) -> int | None:
    """Run tests in a copy of the project; None if they take too long."""
    paths = (str(copy), str(Path(__file__).parent), os.environ.get("PYTHONPATH", ""))
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        # A file that changed twice in a second may have bytecode of its first change.
        "PYTHONDONTWRITEBYTECODE": "1",
        **variables,
    }
    process = subprocess.Popen(
        [*PYTEST, *arguments],
        cwd=copy,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def record(copy: Path, state: Path, room: str) -> dict[str, Any]:
    """Load what the tests of a room run; run them first if they or the room changed."""
    merged: dict[str, Any] = {"seconds": {}, "lines": {}}
    sources = sorted((copy / "mnist_estimators" / room).rglob("*.py"))
    for path in (
        copy / "mnist_estimators" / room,
        *sorted((copy / "tests" / room).glob("test_*.py")),
    ):
        digest = hashlib.sha256()
        for source in sources if path.is_dir() else (*sources, path):
            digest.update(source.read_bytes())
        map_file = state / f"{room}-{path.stem}-{digest.hexdigest()[:12]}.json"
        if not map_file.exists():
            print("recording", path.relative_to(copy), flush=True)
            _pytest(
                copy,
                ["-p", "recorder", str(path.relative_to(copy))],
                3600,
                COVERAGE_MAP=str(map_file.resolve()),
                COVERAGE_CORE="ctrace",
            )
        one = json.loads(map_file.read_text())
        merged["seconds"].update(one["seconds"])
        for file, lines in one["lines"].items():
            of_file = merged["lines"].setdefault(file, {})
            for line, tests in lines.items():
                of_file.setdefault(int(line), set()).update(tests)
    return merged


def run(
    copy: Path, mutant: Mutant, coverage: dict[str, Any], more: int
) -> dict[str, Any]:
    """Run the tests of a mutant."""
    tests = chosen_tests(copy, mutant, coverage, more)
    start = time.monotonic()
    outcome = "uncovered"
    if tests:
        limit = 90 + 4 * sum(coverage["seconds"][test] for test in tests)
        path = copy / mutant.file
        source = path.read_bytes()
        try:
            path.write_bytes(mutant.applied(source))
            code = _pytest(copy, ["-x", *tests], limit)
        finally:
            path.write_bytes(source)
        # Other codes: the tests can't be collected. Is that the fault of the mutant?
        if code not in (None, 0, 1) and _pytest(copy, ["-x", *tests], limit) != 0:
            outcome = "error"
        else:
            outcome = {None: "timeout", 0: "survived"}.get(code, "killed")
    took = round(time.monotonic() - start, 1)
    return {
        **mutant._asdict(),
        **{"key": mutant.key, "room": mutant.room, "outcome": outcome},
        **{"n_tests": len(tests), "seconds": took},
    }


def chosen_tests(
    copy: Path, mutant: Mutant, coverage: dict[str, Any], more: int
) -> list[str]:
    """Choose tests of many functions that run the mutant, and sort them by time."""
    covered: dict[int, set[str]] = coverage["lines"].get(mutant.file, {})
    if isinstance(mutant.place, str):
        lines = (copy / mutant.file).read_text().splitlines()
        places: Iterable[int] = (i for i, s in enumerate(lines, 1) if mutant.place in s)
    else:
        places = range(mutant.place[0], mutant.place[1] + 1)
    tests = set().union(*(covered.get(line, ()) for line in places))
    if not tests and isinstance(mutant.place, str):
        tests = set().union(*covered.values())
    seconds = coverage["seconds"]
    # Cases of one function check much the same.
    by_function: dict[str, list[str]] = {}
    for test in random.Random(mutant.key).sample(sorted(tests), len(tests)):
        by_function.setdefault(test.split("[")[0], []).append(test)
    spread = filter(None, chain.from_iterable(zip_longest(*by_function.values())))
    chosen: list[str] = []
    total = 0.0
    for test in spread:
        fits = total + seconds[test] < MAX_SECONDS_OF_TESTS * more or not chosen
        if len(chosen) < MAX_TESTS * more and fits:
            chosen.append(test)
            total += seconds[test]
    return sorted(chosen, key=lambda test: (seconds[test], test))


def results(state: Path) -> dict[str, dict[str, Any]]:
    path = state / "results.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return {result["key"]: result for result in map(json.loads, lines)}


def report(mutants: Sequence[Mutant], found: dict[str, dict[str, Any]]) -> None:
    """Print the survivors, and the share that the tests of each room found."""
    counts: dict[str, Counter[str]] = {room: Counter() for room in (*ROOMS, "all")}
    for mutant in mutants:
        outcome = found.get(mutant.key, {}).get("outcome", "to do")
        for room in (mutant.room, "all"):
            counts[room][outcome] += 1
        if outcome not in ("killed", "timeout", "to do"):
            print(f"{mutant.file}:{mutant.line}: {outcome} ({mutant.operator})")
            print(f"    - {mutant.before}\n    + {mutant.after}")
    for room, count in counts.items():
        n_run = count.total() - count["to do"]
        killed = count["killed"] + count["timeout"]
        share = f"{killed / n_run:.0%}" if n_run else "-"
        print(f"{room:15} {killed:4} of {n_run:4} killed {share:>5}  {dict(count)}")


if __name__ == "__main__":
    main()
