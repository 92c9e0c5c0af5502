"""The member that lists the others, with their checksums, and what wrote them."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from .._versions import installed_versions
from ..exceptions import ModelFileError
from ._archive import Bytes

MANIFEST = "manifest.json"
SCHEMA = "schema.json"
# Raise this with every change that older versions of the package can't read, and keep a
# file of each format in tests/model_files: all stay loadable. No change needs this that
# adds a class, an attribute, or a key to the manifest: older versions refuse a class
# that they don't know, and ignore the others.
FORMAT_VERSION = 3
# Parsed, JSON takes up to 25 times its length.
MAX_JSON_BYTES = 8 * 2**20


def make_manifest(members: Mapping[str, Bytes]) -> bytes:
    """List format, versions, and the size and checksum of each member.

    Parameters
    ----------
    members : mapping of str to bytes
        All other members.

    Returns
    -------
    bytes
        JSON.
    """
    manifest = {
        "format_version": FORMAT_VERSION,
        "packages": {**installed_versions()},
        "members": {name: _fingerprint(content) for name, content in members.items()},
    }
    return json.dumps(manifest, separators=(",", ":")).encode()


def check_manifest(members: Mapping[str, Bytes]) -> int:
    """Compare the members with the manifest among them.

    Parameters
    ----------
    members : mapping of str to bytes
        All members.

    Returns
    -------
    int
        Version of the format.

    Raises
    ------
    ModelFileError
        If the manifest is missing or of a later format, or does not fit a member.
    """
    manifest = read_json(members, MANIFEST)
    if not isinstance(manifest, dict):
        raise ModelFileError(f"{MANIFEST}: it must be a mapping")
    format_version = manifest.get("format_version")
    if type(format_version) is not int or format_version < 1:
        raise ModelFileError(
            f"{MANIFEST}, format_version: it must be a positive integer. Got "
            f"{format_version!r:.80} instead"
        )
    if format_version > FORMAT_VERSION:
        raise ModelFileError(
            f"{MANIFEST}, format_version: it is {format_version}, and this version of "
            f"mnist_estimators reads formats up to {FORMAT_VERSION}. Install a later "
            "version"
        )
    listed = manifest.get("members")
    others = members.keys() - {MANIFEST}
    if not isinstance(listed, dict) or listed.keys() != others:
        raise ModelFileError(f"{MANIFEST}, members: they are not those of the file")
    for name in others:
        if listed[name] != _fingerprint(members[name]):
            raise ModelFileError(
                f"{name}: its size or its SHA-256 checksum is not the one in "
                f"{MANIFEST}: the file was damaged or changed"
            )
    return format_version


def read_json(
    members: Mapping[str, Bytes], name: str, *, object_hook: Any = None
) -> Any:
    """Parse a member of JSON.

    Parameters
    ----------
    members : mapping of str to bytes
        All members.
    name : str
        Which one.
    object_hook : callable, default=None
        What ``json.loads`` calls with each mapping.

    Returns
    -------
    object

    Raises
    ------
    ModelFileError
        If it is missing, too large, nested too deeply, or not JSON.
    """
    if name not in members:
        raise ModelFileError(f"{name}: the member is missing")
    content = bytes(members[name][: MAX_JSON_BYTES + 1])
    if len(content) > MAX_JSON_BYTES:
        raise ModelFileError(f"{name}: it has more than {MAX_JSON_BYTES:,} bytes")
    try:
        return json.loads(content, object_hook=object_hook)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{name}: it is not JSON: {error}") from error


def _fingerprint(content: Bytes) -> dict[str, Any]:
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
