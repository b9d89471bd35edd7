"""A figure as a picture: PNG, caption and index row."""

import io
import warnings

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from PIL import Image

from analysis.figures.figure_catalogue import Figure
from analysis.figures.style import numbered
from analysis.figures.sweep_tables import SweepTables
from analysis.pictures.picture import RenderedPicture

DPI = 110
COLOURS = 256
"""A PNG with a palette is a third of one without, and charts have few colours."""


def render(name: str, figure: Figure, tables: SweepTables) -> tuple[RenderedPicture | None, str]:
    """The picture and "", or None and why there is none, in words.

    Args:
        name: of `FIGURES`; the picture's file is `name`.png.
        figure: the entry of that name.
        tables: of one sweep.
    """
    missing = tables.missing(figure.needs)
    if missing:
        return None, f"nothing in {' and '.join(missing)}"
    frame = figure.data(tables)
    if frame.empty:
        return None, figure.empty
    canvas = Canvas(figsize=(9.0, 5.0), dpi=DPI, layout="constrained")
    with numbered() as numbers:
        figure.draw(frame, canvas)
    canvas.suptitle(figure.title, fontsize=12, fontweight="bold")
    content, (width, height) = _png(canvas)
    caption = " ".join(filter(None, (figure.caption(frame), numbers.legend)))
    return RenderedPicture(
        f"{name}.png", "figure", figure.title, caption, content, width, height
    ), ""


def _png(canvas: Canvas) -> tuple[bytes, tuple[int, int]]:
    """PNG bytes, the same for the same figure; width and height in pixels."""
    plain, small = io.BytesIO(), io.BytesIO()
    with warnings.catch_warnings():
        # A class may be named in a script that the font lacks; the caption has it.
        warnings.filterwarnings(
            "ignore", message="Glyph .* missing from font", category=UserWarning
        )
        # `savefig` would lay everything out in one drawing and draw it in a second
        FigureCanvasAgg(canvas).print_png(plain, metadata={"Software": None})
    with Image.open(plain) as image:
        flat = image.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE)
    flat.save(small, format="PNG", optimize=True)
    return small.getvalue(), flat.size
