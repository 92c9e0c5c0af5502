"""A web page in one file: text that is escaped, tables, and pictures within it."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from ..inspection._display import png_url

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STYLE = """\
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto;
  padding: 1rem 1.5rem 4rem; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #8888; }
figure { margin: 1rem 0; overflow-x: auto; }
img { max-width: 100%; height: auto; background: #fff; border-radius: 4px; }
table { border-collapse: collapse; margin: 1rem 0; display: block;
  overflow-x: auto; }
caption { text-align: left; font-weight: 600; padding-bottom: .3rem; }
th, td { padding: .2rem .8rem; border-bottom: 1px solid #8884; text-align: left;
  vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; list-style: none;
  padding: 0; }
.headline { font-size: 1.4rem; }
"""


def page(title: str, introduction: str, sections: Sequence[tuple[str, str]]) -> str:
    """Compose a page.

    Parameters
    ----------
    title : str
        Text.
    introduction : str
        HTML, below the title.
    sections : sequence of tuple (heading, content)
        Text and HTML.

    Returns
    -------
    str
        HTML that names no other file.
    """
    links = "".join(
        f'<li><a href="#{_anchor(heading)}">{escape(heading)}</a></li>\n'
        for heading, _ in sections
    )
    contents = "".join(
        f'<section id="{_anchor(heading)}">\n<h2>{escape(heading)}</h2>\n'
        f"{content}</section>\n"
        for heading, content in sections
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        # Without an icon of its own, a browser would ask a server for one.
        '<link rel="icon" href="data:,">\n'
        f"<title>{escape(title)}</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n"
        f"<header>\n<h1>{escape(title)}</h1>\n{introduction}</header>\n"
        f"<nav>\n<ul>\n{links}</ul>\n</nav>\n<main>\n{contents}</main>\n"
        "</body>\n</html>\n"
    )


def paragraph(text: str, *, headline: bool = False) -> str:
    """Write text as a paragraph."""
    kind = ' class="headline"' if headline else ""
    return f"<p{kind}>{escape(text)}</p>\n"


def table(
    caption: str, headings: Sequence[str], rows: Iterable[Sequence[object]]
) -> str:
    """Write a table; the first cell of each row is its heading.

    Parameters
    ----------
    caption : str
        Text.
    headings : sequence of str
        Of the columns; empty for none.
    rows : iterable of sequences
        Cells. Numbers are set to the right, those with a fraction with four digits.

    Returns
    -------
    str
        HTML.
    """
    cells = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    head = f"<thead>\n<tr>{cells}</tr>\n</thead>\n" if headings else ""
    body = "".join(
        f'<tr><th scope="row">{escape(str(first))}</th>'
        f"{''.join(map(_cell, others))}</tr>\n"
        for first, *others in rows
    )
    return (
        f"<table>\n<caption>{escape(caption)}</caption>\n{head}"
        f"<tbody>\n{body}</tbody>\n</table>\n"
    )


def picture(figure: "Figure", description: str) -> str:
    """Write a figure as a picture within the page.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Drawn on white.
    description : str
        What is to be seen, for those who don't see it.

    Returns
    -------
    str
        HTML.
    """
    url = png_url(figure, dpi=110, facecolor="white")
    return f'<figure><img alt="{escape(description)}" src="{url}"></figure>\n'


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f'<td class="number">{value:.4f}</td>'
    if isinstance(value, int):
        return f'<td class="number">{value:,}</td>'
    return f"<td>{escape(str(value))}</td>"


def _anchor(heading: str) -> str:
    return heading.lower().replace(" ", "-")
