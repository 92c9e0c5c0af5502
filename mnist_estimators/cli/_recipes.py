"""``recipes``: list the reference systems."""

import argparse
from typing import Any

from ._arguments import add_command, add_json, print_json


def declare_recipes(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = add_command(
        commands,
        "recipes",
        _recipes,
        help="list the recipes: networks that train knows by name",
        description="List the recipes, which 'mnist-estimators train NAME' trains: "
        "networks of well-known tutorials, and more accurate ones.",
    )
    add_json(parser)


def _recipes(arguments: argparse.Namespace) -> None:
    from .. import recipes

    first_lines = {
        name: (getattr(recipes, name).__doc__ or "").splitlines()[0]
        for name in recipes.all()
    }
    if arguments.json:
        print_json(first_lines)
        return
    width = max(map(len, first_lines))
    for name, line in first_lines.items():
        print(f"{name:<{width}}  {line}")
