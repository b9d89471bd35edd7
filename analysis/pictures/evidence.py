"""What galleries show: faces, what the ensemble says of them, and where the evidence lay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.explain.maps import Map
from analysis.explain.methods.names import TITLES
from analysis.pictures.canvas.colours import HEAT, SIGNED, ColourBar, colours_of, overlay
from analysis.pictures.canvas.layers import face_png, overlay_png
from analysis.pictures.canvas.layout import file_name
from analysis.pictures.canvas.lettering import TIMES
from analysis.pictures.canvas.tiles import Bytes, blank
from analysis.pictures.cells import LayeredTile
from orchestrator.data.faces import Faces
from orchestrator.errors import BadInput
from results.paths import Paths
from results.schema import ANSWERS, CAMS, MEMBERS
from results.store import Store

ENSEMBLE = "ensemble"


@dataclass(frozen=True)
class Case:
    """One face and what was said of it.

    Attributes:
        image_id: of the data set.
        label: true class, an index.
        prediction: the ensemble's class, an index.
        p_prediction: probability of the prediction, by whoever is explained.
        p_label: probability of the true class.
        copied: whether the exact pixels also stand in training.
    """

    image_id: str
    label: int
    prediction: int
    p_prediction: float
    p_label: float
    copied: bool = False

    @property
    def right(self) -> bool:
        """Whether the ensemble was."""
        return self.label == self.prediction


@dataclass(frozen=True)
class Evidence:
    """Faces with the maps of one member by one method.

    Attributes:
        images: (n, h, w) uint8.
        ids: (n,) the images' ids; those that `answers` speak of must be among them.
        classes: names; a label is an index into them.
        answers: columns of `results.schema.ANSWERS`.
        cams: columns of `results.schema.CAMS`, any members, methods and rules; may be empty.
        member: whose maps are drawn: "ensemble" or a trial's signature.
        method: by which explanation method.
        titles: method -> what readers call it.
        averaged: whether the ensemble's maps are means of several members' maps; otherwise it is a
            single model, and is called that.
    """

    images: NDArray[np.uint8]
    ids: Sequence[str]
    classes: tuple[str, ...]
    answers: pd.DataFrame
    cams: pd.DataFrame
    member: str = ENSEMBLE
    method: str = "gradcam"
    titles: Mapping[str, str] = field(default_factory=dict)
    averaged: bool = True

    @classmethod
    def of_ensemble(
        cls, store: Store, faces: Faces, classes: tuple[str, ...], method: str
    ) -> "Evidence":
        """The ensemble's answers and maps as a sweep's folder has them.

        Args:
            store: the sweep's folder.
            faces: of the split that was answered.
            classes: names.
            method: whose maps are drawn where nothing else is said.
        """
        members = store.read_table(Paths().members, MEMBERS).to_pandas()
        return cls(
            np.asarray(faces.images),
            [str(name) for name in faces.ids],
            classes,
            store.read_table(Paths().answers, ANSWERS).to_pandas(),
            store.read_table(Paths().cams, CAMS, [("member", "==", ENSEMBLE)]).to_pandas(),
            method=method,
            titles=TITLES,
            averaged=int(members["rank"].notna().sum()) > 1,
        )

    @cached_property
    def cases(self) -> list[Case]:
        """Every answered face, in the table's order.

        Raises:
            BadInput: for an answer whose face was not given.
        """
        table = self.answers
        missing = [i for i in table["image_id"] if i not in self._rows]
        if missing:
            raise BadInput(
                f"answers speak of image {missing[0]} ({len(missing)} such), which is not among "
                f"the {len(self.images)} faces given; open the data set that the sweep used"
            )
        copied = table.get("also_in_training", pd.Series(False, index=table.index))
        columns = (table["image_id"], table["label"], table["prediction"], table["probability"])
        return [
            self._case(str(i), int(label), int(guess), p, bool(copy is True or copy == 1))
            for i, label, guess, p, copy in zip(*columns, copied, strict=True)
        ]

    def of(self, label: int, prediction: int) -> list[Case]:
        """Faces of one class that were called another or the same, most confident first."""
        return self._by_pair.get((label, prediction), [])

    def face(self, case: Case) -> NDArray[np.uint8]:
        """(h, w) uint8."""
        return self.images[self._rows[case.image_id]]

    def map(self, case: Case, rule: str = "prediction") -> Map | None:
        """Its map by a rule ("prediction", "label", "contrast"), if there is one."""
        return self._maps.get((case.image_id, rule))

    def tile(self, gray: Bytes, case: Case, rule: str = "prediction") -> Bytes:
        """Its map over its face `gray`, or why there is none; (h, w) -> (h, w, 3)."""
        one = self.map(case, rule)
        trouble = "not computed" if one is None else one.trouble
        if one is None or trouble:
            return blank((gray.shape[0], gray.shape[1]), trouble, gray)
        return overlay(gray, one.values)

    def layers(self, case: Case, rule: str = "prediction", label: str = "") -> LayeredTile:
        """The same in pieces: its map and its face, or why there is no map."""
        one = self.map(case, rule)
        trouble = "not computed" if one is None else one.trouble
        gray = face_png(self.face(case))
        if one is None or trouble:
            return LayeredTile(gray, None, label, trouble)
        colours = colours_of(one.values)
        return LayeredTile(gray, overlay_png(one.values, colours, self.face(case).shape), label)

    def face_tile(self, case: Case, label: str = "") -> LayeredTile:
        """Its face alone."""
        return LayeredTile(face_png(self.face(case)), label=label)

    def bars(
        self, cases: Sequence[Case], rules: Sequence[str] = ("prediction",)
    ) -> list[ColourBar]:
        """Bars of the colours that maps of these faces take; none where there is no map."""
        maps = [m for case in cases for rule in rules if (m := self.map(case, rule)) is not None]
        signed = [colours_of(m.values).signed for m in maps]
        bars = []
        if not all(signed):
            bars.append(
                ColourBar(HEAT, "0: no evidence for the class", "largest value of that map")
            )
        if any(signed):
            bars.append(ColourBar(SIGNED, "speaks against the class", "speaks for it"))
        return bars

    def by(self, method: str) -> "Evidence":
        """The same faces by another method."""
        return replace(self, method=method)

    @property
    def has_maps(self) -> bool:
        """Whether this member has any map by this method."""
        return bool(self._maps)

    @property
    def split(self) -> str:
        """Which images these are, in a word."""
        names = sorted(self.answers["split"].dropna().unique()) if len(self.answers) else []
        return " and ".join(map(str, names)) or "no"

    @property
    def title(self) -> str:
        """What readers call the method."""
        return self.titles.get(self.method, self.method)

    @property
    def who(self) -> str:
        """Who is explained."""
        return self.answering if self.member == ENSEMBLE else f"member {self.member}"

    @property
    def answering(self) -> str:
        """Whose answers these are."""
        return "the ensemble" if self.averaged else "the single model"

    @property
    def folder(self) -> str:
        """Where its pictures go: one folder a split, member and method."""
        return f"explain/{file_name(self.split)}/{file_name(self.member, self.method)}"

    def describe(self) -> str:
        """Which maps these are, in words: method, member, layer, grid, normalisation."""
        if not self._maps:
            return f"No maps: {self.title} was not computed for {self.who}."
        first = next(iter(self._maps.values()))
        h, w = self.images.shape[1:]
        coarse = grid_words(first.values.shape[:2], (h, w))
        alone = self.member == ENSEMBLE and not self.averaged
        layer = "" if alone else f", layer {first.layer}"
        return (
            f"Maps: {self.title} of {self.who}{layer}, {coarse}."
            " Each map is divided by its own largest value: colours show where in a face the"
            " evidence lies, not how much there is."
            + (_AVERAGED if self.member == ENSEMBLE and self.averaged else "")
        )

    def index_columns(self, **more: Any) -> dict[str, Any]:
        """Columns of the pictures' index that are the same for all of these."""
        one = self.split if self.split in ("training", "validation", "test") else None
        trial = None if self.member == ENSEMBLE else self.member
        return {"trial": trial, "split": one, "method": self.method if self._maps else None} | more

    def _case(self, image: str, label: int, guess: int, p: Any, copied: bool) -> Case:
        own = self._own.get(image)
        p_guess, p_label = own if own else (float(p[guess]), float(p[label]))
        return Case(image, label, guess, p_guess, p_label, copied)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {str(name): row for row, name in enumerate(self.ids)}

    @cached_property
    def _by_pair(self) -> dict[tuple[int, int], list[Case]]:
        pairs: dict[tuple[int, int], list[Case]] = {}
        for case in sorted(self.cases, key=lambda c: (-c.p_prediction, c.image_id)):
            pairs.setdefault((case.label, case.prediction), []).append(case)
        return pairs

    @cached_property
    def _chosen(self) -> pd.DataFrame:
        if not len(self.cams):
            return self.cams
        return self.cams[
            (self.cams["member"] == self.member) & (self.cams["method"] == self.method)
        ]

    @cached_property
    def _maps(self) -> dict[tuple[str, str], Map]:
        return Map.of_rows(self._chosen) if len(self._chosen) else {}

    @cached_property
    def _own(self) -> dict[str, tuple[float, float]]:
        if self.member == ENSEMBLE or not len(self._chosen):
            return {}  # the ensemble's probabilities stand in the answers
        names = ("image_id", "p_prediction", "p_label")
        columns = [self._chosen[name] for name in names]
        return {str(i): (float(p), float(q)) for i, p, q in zip(*columns, strict=True)}


_AVERAGED = (
    " The ensemble's map is the mean of its members' maps, weighted by their coefficients, each"
    " divided by its largest value and brought to the finest member's grid: an approximation."
)


def grid_words(grid: tuple[int, int], shape: tuple[int, int]) -> str:
    """How coarse a map is: (h', w') cells over an image (h, w)."""
    if tuple(grid) == tuple(shape):
        return f"a value for each of the {shape[0]}{TIMES}{shape[1]} pixels"
    tall, wide = (pixels / cells for pixels, cells in zip(shape, grid, strict=True))
    cell = f"{tall:.3g}" if tall == wide else f"{tall:.3g}{TIMES}{wide:.3g}"
    cells = f"{grid[0]}{TIMES}{grid[1]} cells of {cell} px"
    return f"{cells} (do not read detail finer than that into it)"
