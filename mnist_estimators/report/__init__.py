"""A report on a fitted classifier: one HTML file."""

from ._report import write_report

__all__ = ["write_report"]
