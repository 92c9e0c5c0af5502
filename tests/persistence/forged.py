"""Model files as an attacker would make them: with checksums that are right."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mnist_estimators.persistence._archive import pack, unpack
from mnist_estimators.persistence._manifest import make_manifest


def members_of_file(path: Path) -> dict[str, bytes]:
    """Read the members of a file, to be changed."""
    return {name: bytes(part) for name, part in unpack(path.read_bytes()).items()}


def sealed(members: Mapping[str, bytes]) -> bytes:
    """Give members a manifest that fits them, and join them."""
    others = {name: members[name] for name in members if name != "manifest.json"}
    return pack({**others, "manifest.json": make_manifest(others)})


def npy(array: Any, **options: Any) -> bytes:
    """Write an array as NumPy does."""
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()
