"""``recipes``: list the reference networks."""

from argparse import Namespace

from ._arguments import add_json
from ._command import Command, Result


def _run(arguments: Namespace) -> Result:
    from .. import recipes

    summaries = {
        name: (getattr(recipes, name).__doc__ or "").splitlines()[0]
        for name in recipes.all()
    }
    width = max(map(len, summaries))
    lines = [f"{name:<{width}}  {summary}" for name, summary in summaries.items()]
    return Result(summaries, "\n".join(lines))


RECIPES = Command(
    "recipes",
    help="list the recipes: networks that train knows by name",
    description="List the recipes, which 'mnist-estimators train NAME' trains: "
    "networks of well-known tutorials, and more accurate ones.",
    add_arguments=add_json,
    run=_run,
)
