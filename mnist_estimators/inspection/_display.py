"""What all displays share: their figure, and how a notebook shows it."""

import io
import sys
from base64 import b64encode
from typing import TYPE_CHECKING, Any, TypeAlias, cast

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

# Annotations, as text: Matplotlib is imported only to draw.
OptionalAxes: TypeAlias = "Axes | None"
OptionalFigure: TypeAlias = "Figure | SubFigure | None"

# Of Okabe and Ito: told apart with any colour vision, and in print.
BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE, YELLOW, GREY = "#56B4E9", "#CC79A7", "#F0E442", "#666666"
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, GREY, YELLOW)


class Display:
    """A picture that ``plot`` draws, and that a notebook shows.

    ``figure_`` is the whole figure, also where a display is drawn on a part of it.
    pyplot does not know of new figures: nothing has to be closed. ``figure_.savefig``
    writes one to a file.
    """

    figure_: "Figure"
    ax_: "Axes"

    def _axes_or_new(
        self, ax: OptionalAxes, width: float = 6.4, height: float = 4.0
    ) -> "Axes":
        """Draw on the axes given, or on a new figure of this size in inches."""
        self.ax_ = new_figure(width, height).subplots() if ax is None else ax
        self.figure_ = cast("Figure", self.ax_.get_figure(root=True))
        return self.ax_

    def _figure_or_new(
        self, figure: OptionalFigure, width: float, height: float
    ) -> "Figure | SubFigure":
        """Draw on the figure given, or on a new one of this size in inches.

        The constrained layout gives titles and legends the room they need.
        """
        figure = new_figure(width, height) if figure is None else figure
        self.figure_ = figure.get_figure(root=True)
        if self.figure_.get_layout_engine() is None:
            self.figure_.set_layout_engine("constrained")
        return figure

    def _repr_html_(self) -> str | None:
        if not hasattr(self, "figure_") or _is_of_pyplot(self.figure_):
            return None
        return f'<img alt="{type(self).__name__}" src="{png_url(self.figure_)}">'


def _is_of_pyplot(figure: "Figure") -> bool:
    # A notebook shows the open figures of pyplot at the end of the cell.
    pyplot = sys.modules.get("matplotlib.pyplot")
    number = getattr(figure, "number", None)
    return pyplot is not None and number is not None and pyplot.fignum_exists(number)


def new_figure(width: float, height: float) -> "Figure":
    """Make a figure that pyplot does not know of.

    Parameters
    ----------
    width, height : float
        Of the figure, in inches.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def png_url(figure: "Figure", **options: Any) -> str:
    """Encode a figure as a URL that holds its PNG, saved with these options."""
    png = io.BytesIO()
    figure.savefig(png, format="png", **options)
    return f"data:image/png;base64,{b64encode(png.getvalue()).decode('ascii')}"


def grid_of_axes(
    figure: "Figure | SubFigure", n_axes: int, n_columns: int
) -> "list[Axes]":
    """Make axes in rows without ticks, and hide those that are left over."""
    n_rows = max(1, -(-n_axes // n_columns))
    axes = list(figure.subplots(n_rows, n_columns, squeeze=False).ravel())
    for number, ax in enumerate(axes):
        ax.set(xticks=[], yticks=[])
        ax.set_visible(number < n_axes)
    return axes[:n_axes]
