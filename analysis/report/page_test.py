import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import combinations, pairwise

import numpy as np
import pytest

from analysis.pictures.canvas.colours import HEAT
from analysis.pictures.canvas.layers import face_png, overlay_png
from analysis.pictures.cells import Cell, LayeredTile, Pieces
from analysis.report.conftest import (
    CLASSES,
    ERROR,
    LEGEND,
    POST,
    SWEEP,
    TRIALS,
    png,
    write,
    write_everything,
)
from analysis.report.page import render
from results.store import Store

pytestmark = pytest.mark.long

ELEMENTS = {
    *("html", "head", "meta", "title", "style", "body", "header", "nav", "main", "section"),
    *("footer", "h1", "h2", "h3", "p", "a", "ul", "li", "div", "strong", "dl", "dt", "dd", "code"),
    *("table", "thead", "tbody", "tr", "th", "td"),
    *("figure", "figcaption", "img", "details", "summary", "h4", "span", "small", "b"),
    *(
        "svg",
        "use",
        "image",
        "defs",
        "g",
        "text",
        "line",
        "circle",
        "polyline",
        "polygon",
        "script",
    ),
    "rect",
}
ORDER = [
    *("leaderboard", "settings", "errors", "ensemble", "explanations", "learned"),
    *("verdicts", "obtained", "caveats", "glossary"),
]
"""Sections as a reader asks: which, why, what goes wrong, together, where it looks, how made."""

VOID = {"meta", "img", "br", "link", "input"}


class Tree(HTMLParser):
    """What a browser would make of the page: elements with attributes, and the text in each."""

    def __init__(self, source):
        super().__init__()
        self.elements, self.texts, self.open = [], [], []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip():
            self.texts.append((self.open[-1] if self.open else "", data))

    def of(self, tag):
        return [attributes for one, attributes in self.elements if one == tag]

    def values(self, attribute):
        return [a[attribute] for _, a in self.elements if attribute in a]

    def text(self, tag=None):
        return "\n".join(words for one, words in self.texts if tag in (None, one))


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """The page of one of everything, rendered once."""
    store = Store(tmp_path_factory.mktemp("full") / "sweep")
    write_everything(store)
    return render(store)


@pytest.fixture(scope="module")
def tree(source):
    return Tree(source)


def test_elements_are_closed_in_order(tree):
    assert tree.open == []


def test_text_from_files_stays_text(source, tree):
    assert [tag for tag, _ in tree.elements].count("script") == 1  # our own, by its hash
    assert not [name for _, a in tree.elements for name in a if name.startswith("on")]
    assert {tag for tag, _ in tree.elements} <= ELEMENTS
    text = tree.text()
    for words in (*CLASSES, ERROR, SWEEP["name"], SWEEP["command"]):
        assert words in text
    assert "<script>alert" not in source


def test_attributes_hold_hostile_text_whole(tree):
    alts = [f'" onload="{ERROR}', "colours from left to right", CLASSES[2], "odd one"]
    assert [a["alt"] for a in tree.of("img")] == alts
    assert ERROR in tree.text("p")  # below a face
    assert f"{ERROR}" in tree.text("strong")


def test_nothing_leads_out_of_the_file(source, tree):
    links = [a["href"] for tag, a in tree.elements if "href" in a and tag != "image"]
    assert all(value.startswith("#") for value in links)
    images = [a["href"] for a in tree.of("image")]
    assert images
    assert all(value.startswith("data:image/png;base64,") for value in images)
    assert all(value.startswith("data:image/png;base64,") for value in tree.values("src"))
    assert {"srcset", "action", "poster", "style", "background"}.isdisjoint(
        name for _, a in tree.elements for name in a
    )
    style = tree.text("style")
    assert "url(" not in style
    assert "@import" not in style


def test_policy_forbids_all_but_the_style_sheet_the_script_and_data(source, tree):
    (policy,) = [a["content"] for a in tree.of("meta") if "http-equiv" in a]
    digests = []
    for tag in ("style", "script"):
        inside = re.search(rf"<{tag}>(.*?)</{tag}>", source, re.DOTALL)[1]
        digests.append(base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode())
    style, script = digests
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{style}'; "
        f"script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'"
    )


def test_the_script_fetches_nothing_and_writes_no_html(source):
    script = re.search(r"<script>(.*?)</script>", source, re.DOTALL)[1]
    for word in ("fetch", "XMLHttpRequest", "innerHTML", "eval", "import", "http", "</"):
        assert word not in script


def test_contents_lead_to_sections_whose_headings_come_in_order(tree):
    ids = tree.values("id")
    assert len(ids) == len(set(ids))
    links = [a["href"] for tag, a in tree.elements if "href" in a and tag != "image"]
    assert {value[1:] for value in links} <= set(ids)
    levels = [int(tag[1]) for tag, _ in tree.elements if re.fullmatch("h[1-6]", tag)]
    assert [place for place, level in enumerate(levels) if level == 1] == [0]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert [a["id"] for a in tree.of("section")] == ORDER


def test_tables_and_pictures_can_be_read_aloud(tree):
    assert all(a.get("scope") in ("col", "row") for a in tree.of("th"))
    assert len(tree.of("table")) > 8
    assert all(a["aria-label"] for a in tree.of("table"))
    assert all(a["alt"] for a in tree.of("img"))
    strips = [a for a in tree.of("img") if a["alt"] == "colours from left to right"]
    assert all(a["loading"] == "lazy" for a in tree.of("img") if a not in strips)
    assert all("loading" not in a for a in strips)  # read whole, e.g. printed, none is missing


SENTENCES = [
    "On the test split (n = 10) the single model chosen on validation has an accuracy of "
    "0.700 [0.600, 0.800], the ensemble of 0.800 [0.700, 0.900]: a gain of +0.100 [+0.010, "
    "+0.200], McNemar's test p = 0.032.",
    "2 of these images are exact copies of training images; without them (n = 8) the "
    "accuracies are 0.625 [0.500, 0.700] and 0.750 [0.600, 0.900].",
    "training 0.99 against 0.71",
    "0.712 [0.690, 0.730]",
    "2,439,463",
    "The simplest of the best.",
    "images that only the ensemble gets right",
    "1 h 2 min",
    "676 images/s predicted; with Grad-CAM 1.02 times the time, with Grad-CAM of every class 1.06 "
    "times the time (leading member; a core)",
    "The test split was looked at once (today: members aaa; best single aaa; "
    "mirrored images averaged in).",
    "hardware of the driver\nan Epyc, 4 cores",
    "workers\n3 of a GPU",
    "2026-01-02 03:04 UTC",
    "mirrored images\naveraged in",
    f"This report is incomplete: maps of bbb: no room; {ERROR}. Run the command again.",
    "1 of 2 trials failed.",
    "1 of the 4 test images also stand in training.",
    "CAMs: no convolution.",
    "Faces were drawn.",
    "Rows 3 to 5 were empty.",
    "6 image files inside, ",
    "c0ffee",
    "d1935",
]


def test_the_page_says_what_the_tables_say(tree):
    text = tree.text()
    assert [words for words in SENTENCES if words not in text] == []


def test_what_is_unfinished_is_the_first_thing_said(full, tree):
    assert tree.of("p")[0] == {"class": "warning"}
    assert "maps of bbb: no room." in tree.text("li")
    full.write_json("postprocess.json", POST | {"unfinished": []})
    assert "incomplete" not in render(full)
    full.write_json("postprocess.json", POST | {"unfinished": [f"step {i}" for i in range(9)]})
    assert "step 4; and 4 more, see Caveats. Run" in Tree(render(full)).text("p")


def test_backticks_of_the_export_sentence_are_code_and_the_rest_is_text(tree):
    assert "load(<b>)" in tree.text("code").split("\n")
    assert [": a ` is left." in words for words in tree.text("dd").split("\n")].count(True) == 1


def test_an_empty_folder_has_a_page_that_says_what_makes_the_rest(empty):
    tree = Tree(render(empty))
    text = tree.text()
    assert "No trial of this sweep has been measured yet" in text
    assert "python -m orchestrator.sweep trains them" in text
    assert text.count("python -m jobs.postprocess RESULTS/NAME") == 7
    assert tree.of("img") == []


def test_a_sweep_without_post_processing_answers_from_its_trials(empty):
    write(empty, "trials", TRIALS)
    text = Tree(render(empty)).text("p")
    assert (
        "The only configuration among 2 trials (1 failed, left out) that was measured, cnn5, "
        "has validation accuracy 0.712 [0.697, 0.727] (n = 3,589). There is nothing to compare it "
        "with."
    ) in text
    assert "No ensemble has been scored." in text


def test_what_cannot_be_read_is_a_caveat(full):
    full.write_bytes("scores.parquet", b"PAR1 torn")
    full.write_bytes("postprocess.json", b'{"split": ')
    text = Tree(render(full)).text("li")
    assert "scores.parquet (9 bytes) is no whole Parquet file" in text
    assert "postprocess.json is no whole JSON text" in text


@pytest.mark.parametrize(
    ("file", "content", "why"),
    [
        ("gone.png", None, "gone.png does not exist"),
        ("a.svg", b"<svg><script>alert(1)</script></svg>", "a.svg is neither PNG nor JPEG"),
        ("../../sweep.json", None, "is not below"),
    ],
)
def test_a_picture_that_cannot_be_shown_is_a_caveat(empty, file, content, why):
    write(empty, "images", [{"file": file, "kind": "figure", "title": "t", "caption": "c"}])
    if content:
        empty.write_bytes(f"images/{file}", content)
    tree = Tree(render(empty))
    assert tree.of("img") == []
    assert "1 of 1 pictures cannot be shown" in tree.text()
    assert why in tree.text("li")


def test_a_caption_that_pictures_share_stands_once_and_a_face_is_inside_once(full, source):
    assert source.count(LEGEND) == 1
    tree = Tree(source)
    assert len(tree.of("use")) == 4
    assert len({a["href"] for a in tree.of("use")}) == 1
    face = base64.b64encode(png(48, 48)).decode()
    assert source.count(face) == 1


def test_a_page_shows_no_path_of_the_disk(tmp_path):
    place = tmp_path / "telling folder" / "results"
    store = Store(place / "q")
    write_everything(store)
    home = f"{tmp_path}/telling folder"
    command = (
        f"python -m orchestrator.sweep --results '{home}/results' --data={tmp_path}/telling/f.zip"
    )
    data = SWEEP["data"] | {"path": f"{home}/faces.zip", "notes": [f"{home}/x.csv was empty"]}
    store.write_json("sweep.json", SWEEP | {"command": command, "data": data})
    odd = [f"could not read {home}/results/q/weights/a.safetensors: no room"]
    export = f'`analysis.ensemble.load("{home}/results/q/ensemble")`'
    store.write_json("postprocess.json", POST | {"unfinished": odd, "export": export})
    store.write_bytes("scores.parquet", b"PAR1 torn")
    failed = {"trial": "b", "status": "failed", "error": f"OSError: {home}/results/q/logs: gone"}
    write(store, "trials", [*TRIALS, failed])
    source = render(store)
    assert "telling" not in source
    assert str(tmp_path) not in source
    text = Tree(source).text()
    assert "--results '\u2026/results' --data=\u2026/f.zip" in text
    assert "faces.zip" in text
    assert "scores.parquet (9 bytes) is no whole Parquet file" in text


def test_three_hundred_trials_and_every_confusion_stay_below_four_megabytes(full):
    rng = np.random.default_rng(0)
    trial = TRIALS[0] | {"reason": "r" * 120, "verdict_evidence": "v" * 90}
    write(full, "trials", [trial | {"trial": f"{n:010x}", "number": n} for n in range(300)])
    # Seven classes: 42 confusions of six faces with three maps each, and 84 recognised faces;
    # faces are the noise of a camera on a smooth ground, which compresses as photographs do.
    ramp = np.linspace(40, 200, 48)[None, :] + np.linspace(0, 50, 48)[:, None]
    index, tiles = [], []
    for sheet in range(49):
        cells = []
        for _ in range(6 if sheet < 42 else 12):
            gray = np.clip(ramp + rng.normal(0, 6, (48, 48)), 0, 255).astype(np.uint8)
            maps = [overlay_png(rng.random((6, 6)), HEAT, (48, 48)) for _ in range(3)]
            layers = [LayeredTile(face_png(gray), one) for one in (None, *maps)]
            cells.append(Cell(tuple(layers), ("p(happy) 0.61, p(sad) 0.22", "image f-000123")))
        file = f"wrong-{sheet}.jpg"
        index.append({"file": file, "kind": "mistakes", "title": file, "caption": "c"})
        tiles += Pieces.flow(cells).table_rows(file)
    write(full, "images", index)
    write(full, "tiles", tiles)
    source = render(full)
    assert 1_000_000 < len(source.encode()) < 4_000_000
    assert source.count("<use ") == 4 * (42 * 6 + 7 * 12)


GROUPS_OF = dict(zip(sorted(POST), combinations(range(6), 3), strict=False))
"""Part of the record -> its three groups; of any two, some group has the first alone."""


@pytest.mark.parametrize("group", range(6))
def test_every_part_of_the_record_may_be_absent_or_odd(full, group):
    parts = [part for part in POST if group in GROUPS_OF[part]]
    for record in ({k: v for k, v in POST.items() if k not in parts}, POST | dict.fromkeys(parts)):
        full.write_json("postprocess.json", record)
        assert "</html>" in render(full), parts


def test_rendering_changes_nothing_in_the_folder(full, tmp_path):
    def state():
        return {f: f.read_bytes() for f in tmp_path.rglob("*") if f.is_file()}

    assert (state(), render(Store(tmp_path / "sweep")))[0] == state()
