"""Pictures of a sweep as blocks: charts as files, galleries of faces in pieces, captions once."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, ClassVar

import pandas as pd

from analysis import wording
from analysis.pictures.picture import image_type
from analysis.report.page_blocks import Block, Folded, Part, Section, Text
from analysis.report.sweep_contents import SweepContents
from analysis.report.tile_grids import colour_bars, data_uri, differ_in_scale, tile_grid
from results.paths import Paths
from results.store import DamagedResults

MOST_OPEN = 8
"""Picture files of one kind that are shown at once; the rest are folded away."""

WIDE = 600
"""Pixels; where most pictures are wider, two of them share a row rather than three."""


@dataclass(frozen=True)
class PictureKind:
    """How the page shows a sort of pictures.

    Attributes:
        title: heading.
        words: what a reader sees there.
        size: of its tiles.
        open: galleries that are shown at once; the rest are folded away.
    """

    title: str
    words: str = ""
    size: str = "middle"
    open: int = 4


KINDS = {
    "figure": PictureKind("Figures"),
    "overview": PictureKind(
        "Who was taken for what: a face of every pair of true and predicted class that occurred"
    ),
    "mistakes": PictureKind(
        "Mistakes",
        "A card a face: the face and, where maps were made, the evidence for the answer, for the "
        "true class, and what spoke for the one against the other.",
        open=2,
    ),
    "random faces": PictureKind("Faces at random, and the evidence for the answer"),
    "recognised": PictureKind(
        "Recognised faces",
        "Each face, and the evidence for its class where maps were made; from the most to the "
        "least confident, at even distances where not all are shown.",
        open=0,
    ),
    "class means": PictureKind(
        "Where the evidence lies on average, by class",
        "Mean map of each class, right answers against wrong ones, as far as there are any.",
    ),
    "methods": PictureKind("The same faces by several methods"),
    "ideal": PictureKind(
        "Ideal images", "Images that the net itself answers most strongly to.", "large"
    ),
    "filters": PictureKind("Filters", "What the first layer looks for.", "small", 0),
    "feature maps": PictureKind("Feature maps", "What the layers make of one image.", "middle", 0),
    "gallery": PictureKind(
        "Galleries", "Single images with their maps, by true class and prediction."
    ),
    "sample": PictureKind("Samples", "Images as the nets get them."),
}
"""`images.kind` -> how it is shown; one line adds one. Format 1 calls four kinds gallery."""

LETTERED = ("class means", "gallery", "methods", "ideal", "filters", "feature maps")
"""Kinds whose files have what they show written on them."""


@dataclass(frozen=True)
class EmbeddedImage:
    """One picture file: `address` is a data URI, `caption` is read to those who cannot see it.

    Where a picture is `lettered` it says the same itself, and the caption is folded away.
    """

    address: str
    title: str
    caption: str
    width: int
    height: int
    lettered: bool = False


@dataclass(frozen=True)
class Pictures:
    """Picture files side by side."""

    kind: ClassVar[str] = "pictures"
    images: tuple[EmbeddedImage, ...]
    wide: bool = False


@dataclass
class PictureParts:
    """Makes a page's parts with pictures, and remembers which captions it has said.

    Attributes:
        contents: of the sweep.
        said_legends: legends that stand on the page already.
    """

    contents: SweepContents
    said_legends: set[str] = field(default_factory=set)

    def kinds(self, *names: str) -> tuple[Part, ...]:
        """A part for each of these kinds that has pictures."""
        return tuple(part for name in names if (part := self.of_kind(name)))

    def figures(self, *names: str) -> tuple[Part, ...]:
        """One part with these charts, or none."""
        index = self._index("figure")
        stems = [PurePosixPath(str(file)).stem for file in index["file"]]
        chosen = index[[stem in names for stem in stems]]
        order = {name: place for place, name in enumerate(names)}
        rows = sorted(
            chosen.to_dict("records"), key=lambda row: order[PurePosixPath(str(row["file"])).stem]
        )
        blocks = self._files(rows)
        return (Part("", tuple(blocks)),) if blocks else ()

    def of_kind(self, name: str) -> Part | None:
        """The pictures of one kind, in the index's order; None if there are none."""
        rows = self._index(name).to_dict("records")
        if not rows:
            return None
        kind = KINDS.get(name, PictureKind(name.capitalize()))
        tiles = self.contents.table("tiles")
        tiles = tiles[tiles["file"].isin([row["file"] for row in rows])]
        in_pieces = set(tiles["file"])
        pieces = [row for row in rows if row["file"] in in_pieces]
        blocks: list[Block] = [Text(kind.words, "note")] if kind.words else []
        blocks += self._galleries(kind, pieces, tiles)
        blocks += self._files([row for row in rows if row["file"] not in in_pieces])
        return Part(kind.title, tuple(blocks))

    def other_kinds(self) -> list[str]:
        """Kinds of the index that `KINDS` does not know, in order."""
        kinds = self.contents.table("images")["kind"].dropna().unique()
        return [str(kind) for kind in kinds if kind not in KINDS]

    def other_figures(self, placed: Sequence[str]) -> tuple[str, ...]:
        """Charts that no section asks for, by name."""
        files = self._index("figure")["file"]
        return tuple(
            stem for file in files if (stem := PurePosixPath(str(file)).stem) not in placed
        )

    def _index(self, kind: str) -> pd.DataFrame:
        index = self.contents.table("images")
        return index[index["kind"] == kind]

    # --- galleries, in pieces -----------------------------------------------------------------

    def _galleries(
        self, kind: PictureKind, rows: Sequence[Mapping[Any, Any]], tiles: pd.DataFrame
    ) -> list[Block]:
        legends = dict.fromkeys(str(row["legend"]) for row in rows if _given(row["legend"]))
        fresh = [legend for legend in legends if legend not in self.said_legends]
        self.said_legends.update(fresh)
        blocks: list[Block] = [Text(legend, "note") for legend in fresh]
        each = differ_in_scale(tiles)
        bars = None if each else colour_bars(tiles)
        if bars is not None:
            blocks.append(bars)
        grids = []
        for row in rows:
            title = str(row["title"]) if len(rows) > 1 and _given(row["title"]) else ""
            own = tiles[tiles["file"] == row["file"]]
            grids.append(tile_grid(own, title, _grid_words(row), kind.size, each))
        shown, folded = grids[: kind.open], grids[kind.open :]
        blocks += shown
        if folded:
            more = f"{len(folded)} more" if shown else f"show {'it' if len(rows) == 1 else 'them'}"
            blocks.append(Folded(more, tuple(folded)))
        return blocks

    # --- files, as they are -------------------------------------------------------------------

    def _files(self, rows: Sequence[Mapping[Any, Any]]) -> list[Block]:
        images = [image for row in rows if (image := self._embedded(row))]
        blocks: list[Block] = []
        if images:
            wide = statistics.median(image.width for image in images) > WIDE
            blocks.append(Pictures(tuple(images[:MOST_OPEN]), wide))
            if rest := tuple(images[MOST_OPEN:]):
                blocks.append(Folded(f"{len(rest)} more", (Pictures(rest, wide),)))
        if len(images) < len(rows):
            lost = f"{len(rows) - len(images)} of {len(rows)} pictures cannot be shown"
            blocks.append(Text(f"{lost}; see the caveats.", "absent"))
        return blocks

    def _embedded(self, row: Mapping[Any, Any]) -> EmbeddedImage | None:
        try:
            content = self.contents.store.read_bytes(f"{Paths().images}/{row['file']}")
        except (DamagedResults, ValueError) as problem:  # ValueError: a path that leads elsewhere
            self.contents.problems.append(str(problem))
            return None
        kind = image_type(content)
        if kind is None:
            odd = f"images/{row['file']} is neither PNG nor JPEG: not shown."
            self.contents.problems.append(odd)
            return None
        caption = wording.text(row["caption"])
        title = str(row["title"]) if _given(row["title"]) else caption
        size = _pixels(row["width"]), _pixels(row["height"])
        return EmbeddedImage(
            data_uri(content, kind), title, caption, *size, row["kind"] in LETTERED
        )


def with_parts(section: Section, *parts: Part) -> Section:
    """A section and what follows in it."""
    return Section(section.name, section.title, (*section.parts, *parts))


def no_pictures(what: str) -> Part:
    """A part that says what would draw them."""
    words = (
        f"No pictures of this sort ({what}); python -m jobs.postprocess RESULTS/NAME draws what "
        "there is to draw."
    )
    return Part("", (Text(words, "absent"),))


def _grid_words(row: Mapping[Any, Any]) -> str:
    if _given(row["summary"]):
        return str(row["summary"])
    caption = wording.text(row["caption"])
    return caption.removesuffix(str(row["legend"])).strip() if _given(row["legend"]) else caption


def _given(value: Any) -> bool:
    return not wording.missing(value) and bool(str(value))


def _pixels(value: Any) -> int:
    return 0 if wording.missing(value) else int(value)
