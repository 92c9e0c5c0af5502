"""Measure how many requests a server answers, and how soon.

``python tests/benchmarks/serving.py`` trains ``fast_cnn`` on MNIST, serves it in a
process of its own with ``mnist-estimators serve``, asks from this one over the loopback
interface, and writes ``serving.csv`` and ``serving.md`` to ``docs/benchmarks``. Each
client keeps one connection, and asks again as soon as it is answered. The server, the
clients and the classifier share the machine's cores. It takes about four minutes, and
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
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pandas as pd
import psutil
from parts import FOLDER, mnist
from PIL import Image

from mnist_estimators.serving import Limits

CLIENTS = 50
TOO_MANY = 400
ALONE_SECONDS = 10.0

# Promised of so many clients, next to no error but 503.
LEAST_GAIN = 3.0
MOST_P99_MS = 250.0
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
    seconds: np.ndarray
    wall_seconds: float


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
    return Answers(statuses, np.array(taken), time.perf_counter() - began)


def measured(
    work: str, port: int, server: psutil.Process, n_clients: int, seconds: float
) -> dict[str, object]:
    """Measure, after a second that doesn't count."""
    requests = requests_for(work, port)
    asyncio.run(ask(port, requests, n_clients, 1.0))
    before = server.memory_info().rss
    answers = asyncio.run(ask(port, requests, n_clients, seconds))
    milliseconds = 1000 * answers.seconds
    return {
        "work": work,
        "clients": n_clients,
        "seconds": round(answers.wall_seconds, 1),
        "answers": answers.statuses[200],
        "503": answers.statuses[503],
        "other": answers.statuses.total()
        - answers.statuses[200]
        - answers.statuses[503],
        "requests/s": round(answers.statuses[200] / answers.wall_seconds, 1),
        "median ms": round(float(np.median(milliseconds)), 2),
        "p99 ms": round(float(np.quantile(milliseconds, 0.99)), 2),
        "MB before": round(before / 1e6, 1),
        "MB after": round(server.memory_info().rss / 1e6, 1),
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
        server = psutil.Process(process.pid)
        rows = []
        for work in WORK:
            for n_clients in (1, CLIENTS):
                longest = ALONE_SECONDS if n_clients == 1 else seconds
                row = measured(work, port, server, n_clients, min(seconds, longest))
                rows.append(row)
                print(rows[-1], flush=True)
        rows.append(measured("PNG of 28 x 28", port, server, TOO_MANY, seconds))
        print(rows[-1], flush=True)
        return pd.DataFrame(rows)
    finally:
        process.terminate()
        process.wait()


def alone(found: pd.DataFrame) -> pd.Series:
    """Give the throughput of one client, for each work."""
    return found[found["clients"] == 1].set_index("work")["requests/s"]


def print_verdict(found: pd.DataFrame) -> None:
    for row in found[found["clients"] == CLIENTS].to_dict("records"):
        gain = row["requests/s"] / alone(found)[row["work"]]
        growth = row["MB after"] / row["MB before"] - 1
        print(f"{row['work']}, {CLIENTS} clients:")
        for kept, what in (
            (gain >= LEAST_GAIN, f"{gain:.1f} times the throughput of one client"),
            (row["p99 ms"] < MOST_P99_MS, f"p99 of {row['p99 ms']:.0f} ms"),
            (row["other"] == 0, f"{row['other']} errors other than 503"),
            (growth < MOST_GROWTH, f"memory grew by {growth:.1%}"),
        ):
            print(f"  {'ok  ' if kept else 'MISS'} {what}")
    other = found["other"].sum()
    print(f"{'ok  ' if other == 0 else 'MISS'} {other} errors other than 503 in all")


def write_table(found: pd.DataFrame, name: str) -> None:
    one = alone(found)
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
        "cores that it shares with the clients, for "
        f"{found['seconds'].max():.0f} s each (one client: "
        f"{found['seconds'].min():.0f} s); {versions}.",
        "",
        f"| {' | '.join(columns)} |",
        f"|{'---|' * len(columns)}",
    ]
    for row in found.to_dict("records"):
        ratio = row["requests/s"] / one[row["work"]]
        cells = [
            row["work"],
            row["clients"],
            f"{row['requests/s']:.0f}",
            "" if row["clients"] == 1 else f"{ratio:.1f}",
            f"{row['median ms']:.1f}",
            f"{row['p99 ms']:.1f}",
            row["503"],
            row["other"],
            f"{row['MB before']:.0f} to {row['MB after']:.0f}",
        ]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    lines += [
        "",
        f"With {TOO_MANY} clients there are more than the {Limits().requests} requests "
        "that the server takes in hand at once: the others are told to come again in a "
        "second.",
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
    write_table(found, arguments.model.name if arguments.model else "fast_cnn")
    print_verdict(found)


if __name__ == "__main__":
    main()
