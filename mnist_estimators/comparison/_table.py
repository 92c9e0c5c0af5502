"""The results of a comparison, as a frame and as text."""

from collections.abc import Mapping, Sequence

import pandas as pd

_COLUMNS = {
    "accuracy_mean": ("accuracy", "{:.4f}", 1.0),
    "accuracy_std": ("SD", "{:.4f}", 1.0),
    "log_loss_mean": ("log loss", "{:.3f}", 1.0),
    "fit_seconds": ("fit s", "{:.2f}", 1.0),
    "predict_microseconds": ("predict us/image", "{:.1f}", 1.0),
    "model_size_bytes": ("size kB", "{:.1f}", 1e-3),
}


def summarise(folds: Mapping[str, Sequence[Mapping[str, float]]]) -> pd.DataFrame:
    """Average what was measured of each estimator over its folds.

    Parameters
    ----------
    folds : mapping of str to sequence of mappings
        For each estimator, what was measured in each fold.

    Returns
    -------
    DataFrame
        As ``compare_estimators`` returns it.
    """
    rows = {}
    for name, of_folds in folds.items():
        values = pd.DataFrame(of_folds)
        rows[name] = {
            "accuracy_mean": values["accuracy"].mean(),
            "accuracy_std": values["accuracy"].std(ddof=0),
            "log_loss_mean": values["log_loss"].mean(skipna=False),
            "fit_seconds": values["fit_seconds"].mean(),
            "predict_microseconds": values["predict_microseconds"].mean(),
            "model_size_bytes": round(values["model_size_bytes"].mean()),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("estimator")


def format_table(results: pd.DataFrame) -> str:
    """Lay out the results of a comparison as aligned plain text.

    Parameters
    ----------
    results : DataFrame
        As ``compare_estimators`` returns it. The rows keep their order.

    Returns
    -------
    str
        A line of headings with units and a line for each estimator; ``-`` stands for a
        missing value.
    """
    lines = [["estimator", *(heading for heading, _, _ in _COLUMNS.values())]]
    for name, row in results.iterrows():
        # Only NaN differs from itself.
        cells = [
            layout.format(row[column] * factor) if row[column] == row[column] else "-"
            for column, (_, layout, factor) in _COLUMNS.items()
        ]
        lines.append([str(name), *cells])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            [name.ljust(widths[0])]
            + [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        )
        for name, *cells in lines
    )


def best_first(results: pd.DataFrame) -> pd.DataFrame:
    """Sort the rows of a comparison by accuracy, the best one first."""
    return results.sort_values("accuracy_mean", ascending=False, kind="stable")
