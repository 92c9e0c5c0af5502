"""Measure how many requests a server answers, and how soon.

``python tests/benchmarks/serving.py`` trains ``fast_cnn`` on MNIST, serves it in a
process of its own with ``mnist-estimators serve``, asks from this one over the loopback
interface, and writes ``serving.csv`` and ``serving.md`` to ``docs/benchmarks``. Each
client keeps one connection, and asks again as soon as it is answered. The server, the
clients and the classifier share the machine's cores. It takes about six minutes, and
ends with whether the server keeps what it promises.
"""

import argparse
import asyncio
import importlib.metadata
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pandas as pd
import psutil
from parts import FOLDER, mnist
from PIL import Image

from mnist_estimators.serving import Limits

CLIENTS = 50
TOO_MANY = 400
# One client and many take turns, since the speed of machines drifts.
ROUNDS = 5
ALONE_SECONDS = 4.0
WARM_UP_SECONDS = 3.0

# What is promised with that many clients, beside no error but 503.
LEAST_GAIN = 3.0
MOST_P99_MS = 250.0
# From the warm server to the end.
MOST_GROWTH = 0.05
PACKAGES = ("tensorflow", "fastapi", "uvicorn", "httptools", "uvloop")


def as_json(image: np.ndarray) -> tuple[str, bytes]:
    body = json.dumps({"images": [image.tolist()]}, separators=(",", ":"))
    return "application/json", body.encode()


def as_png(image: np.ndarray) -> tuple[str, bytes]:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "png")
    return "image/png", file.getvalue()


def as_drawing(image: np.ndarray) -> tuple[str, bytes]:
    """What the page sends: black on white, 320 x 240."""
    paper = np.full((240, 320), 255, np.uint8)
    large = cv2.resize(image, (200, 200), interpolation=cv2.INTER_CUBIC)
    paper[20:220, 60:260] -= large
    return as_png(paper)


WORK: dict[str, Callable[[np.ndarray], tuple[str, bytes]]] = {
    "pixels as JSON": as_json,
    "PNG of 28 x 28": as_png,
    "drawing of 320 x 240": as_drawing,
}


class Answers(NamedTuple):
    """Statuses of answers, and the seconds that those of status 200 took."""

    statuses: Counter[int]
    seconds: list[float]
    wall_seconds: float

    def joined_with(self, other: "Answers") -> "Answers":
        """Take two runs as one."""
        return Answers(*(mine + its for mine, its in zip(self, other, strict=True)))


def requests_for(work: str, port: int, n_images: int = 500) -> list[bytes]:
    """Write requests as they go over the wire."""
    *_, X_test, _ = mnist()
    requests = []
    for image in X_test[:n_images].reshape(-1, 28, 28):
        kind, body = WORK[work](image)
        head = (
            f"POST /predict HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        requests.append(head.encode() + body)
    return requests


async def ask(
    port: int, requests: Sequence[bytes], n_clients: int, seconds: float
) -> Answers:
    """Let clients ask, each one after the other, for some time."""
    statuses: Counter[int] = Counter()
    taken: list[float] = []
    end = time.perf_counter() + seconds

    async def client(number: int) -> None:
        reader = writer = None
        while (began := time.perf_counter()) < end:
            if writer is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            number += 1
            writer.write(requests[number % len(requests)])
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            status = int(head.split()[1])
            statuses[status] += 1
            if status == 200:
                taken.append(time.perf_counter() - began)
            if b"connection: close" in head:
                writer.close()
                writer = None
            if b"retry-after: " in head:
                await asyncio.sleep(int(head.split(b"retry-after: ")[1].split()[0]))
        if writer is not None:
            writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(client(37 * number) for number in range(n_clients)))
    return Answers(statuses, taken, time.perf_counter() - began)


def in_turns(work: str, port: int, seconds: float) -> list[Answers]:
    """Let one client ask, then many, again and again."""
    requests = requests_for(work, port)
    found = [Answers(Counter(), [], 0.0)] * 2
    for _ in range(ROUNDS):
        turns = (1, ALONE_SECONDS), (CLIENTS, seconds / ROUNDS)
        for place, (n_clients, longest) in enumerate(turns):
            new = asyncio.run(ask(port, requests, n_clients, longest))
            found[place] = found[place].joined_with(new)
    return found


def as_row(work: str, n_clients: int, answers: Answers) -> dict[str, object]:
    milliseconds = 1000 * np.array(answers.seconds)
    n_answers, n_refused = answers.statuses[200], answers.statuses[503]
    return {
        "work": work,
        "clients": n_clients,
        "seconds": round(answers.wall_seconds, 1),
        "answers": n_answers,
        "503": n_refused,
        "other": answers.statuses.total() - n_answers - n_refused,
        "requests/s": round(n_answers / answers.wall_seconds, 1),
        "median ms": round(float(np.median(milliseconds)), 2),
        "p99 ms": round(float(np.quantile(milliseconds, 0.99)), 2),
    }


def measure(model: Path, seconds: float) -> pd.DataFrame:
    command = [sys.executable, "-m", "mnist_estimators", "serve", str(model)]
    process = subprocess.Popen(
        [*command, "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the server ended with {process.wait()}")
        port = int(line.split()[2].rpartition(":")[2])
        memory = psutil.Process(process.pid).memory_info
        for work in WORK:
            for n_clients in (CLIENTS, TOO_MANY):
                asyncio.run(
                    ask(port, requests_for(work, port), n_clients, WARM_UP_SECONDS)
                )
        rows: list[dict[str, object]] = []
        warm = memory().rss

        def add(work: str, n_clients: int, answers: Answers) -> None:
            megabytes = {
                "MB warm": round(warm / 1e6, 1),
                "MB": round(memory().rss / 1e6, 1),
            }
            rows.append({**as_row(work, n_clients, answers), **megabytes})
            print(rows[-1], flush=True)

        for work in WORK:
            one, many = in_turns(work, port, seconds)
            add(work, 1, one)
            add(work, CLIENTS, many)
        work = "PNG of 28 x 28"
        requests = requests_for(work, port)
        add(work, TOO_MANY, asyncio.run(ask(port, requests, TOO_MANY, seconds)))
        return pd.DataFrame(rows)
    finally:
        process.terminate()
        process.wait()


def gain(found: pd.DataFrame, row: dict[Hashable, Any]) -> float:
    """Divide a throughput by that of one client, with the same work."""
    alone = found[(found["work"] == row["work"]) & (found["clients"] == 1)]
    return float(row["requests/s"] / alone["requests/s"].iloc[0])


def print_verdict(found: pd.DataFrame) -> None:
    for row in found[found["clients"] == CLIENTS].to_dict("records"):
        times = gain(found, row)
        print(f"{row['work']}, {CLIENTS} clients:")
        _say(times >= LEAST_GAIN, f"{times:.2f} times the throughput of one client")
        _say(row["p99 ms"] < MOST_P99_MS, f"p99 of {row['p99 ms']:.0f} ms")
    print("In all:")
    growth = found["MB"].iloc[-1] / found["MB warm"].iloc[-1] - 1
    _say(growth < MOST_GROWTH, f"the warm server's memory grew by {growth:.1%}")
    _say(found["other"].sum() == 0, f"{found['other'].sum()} errors other than 503")


def _say(kept: bool, what: str) -> None:
    print(f"  {'ok  ' if kept else 'MISS'} {what}")


def write_table(found: pd.DataFrame, name: str, seconds: float) -> None:
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in PACKAGES
    )
    columns = [
        "work",
        "clients",
        "requests/s",
        "times one client",
        "median ms",
        "p99 ms",
        "503",
        "other errors",
        "memory MB",
    ]
    lines = [
        "# How much a server takes",
        "",
        f"`python tests/benchmarks/serving.py`: `{name}`, served on {os.cpu_count()} "
        f"cores that it shares with the clients; {versions}. {CLIENTS} clients asked "
        f"for {seconds:.0f} s, in {ROUNDS} turns with one client, since the speed of "
        "machines drifts. Times are those of answers with status 200.",
        "",
        f"| {' | '.join(columns)} |",
        f"|{'---|' * len(columns)}",
    ]
    for row in found.to_dict("records"):
        cells = [
            row["work"],
            row["clients"],
            f"{row['requests/s']:.0f}",
            f"{gain(found, row):.1f}" if row["clients"] == CLIENTS else "",
            f"{row['median ms']:.1f}",
            f"{row['p99 ms']:.1f}",
            row["503"],
            row["other"],
            f"{row['MB']:.0f}",
        ]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    lines += [
        "",
        f"The warm server had {found['MB warm'].iloc[0]:.0f} MB before all this. With "
        f"{TOO_MANY} clients there are more than the {Limits().requests} requests that "
        "it takes in hand at once: the others are told to come again in a second.",
        "",
        "Images of MNIST's form are told together. A drawing, such as the page sends, "
        "takes longer to prepare than to name, and is prepared by itself: there many "
        "clients gain little, and wait longer.",
    ]
    (FOLDER / "serving.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--model", type=Path, help="a fitted one, in place of training")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = arguments.model
        if model is None:
            from mnist_estimators import recipes

            X, y, *_ = mnist()
            model = Path(folder) / "cnn.model"
            recipes.fast_cnn(random_state=0).fit(X, y).save(model)
        found = measure(model, arguments.seconds)
    found.to_csv(FOLDER / "serving.csv", index=False)
    write_table(
        found,
        arguments.model.name if arguments.model else "fast_cnn",
        arguments.seconds,
    )
    print_verdict(found)


if __name__ == "__main__":
    main()
