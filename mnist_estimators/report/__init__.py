"""A report on a fitted classifier, in one HTML file."""

from ._page import write_report

__all__ = ["write_report"]
