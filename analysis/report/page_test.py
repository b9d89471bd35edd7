import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from analysis.report.conftest import CLASSES, ERROR, POST, SWEEP, TRIALS, png, write
from analysis.report.page import other_kinds, picture_part, render
from analysis.report.sweep_contents import read
from results.paths import Paths
from results.store import Store

ELEMENTS = {
    *("html", "head", "meta", "title", "style", "body", "header", "nav", "main", "section"),
    *("footer", "h1", "h2", "h3", "p", "a", "ul", "li", "div", "strong", "dl", "dt", "dd", "code"),
    *("table", "thead", "tbody", "tr", "th", "td"),
    *("figure", "figcaption", "img", "details", "summary"),
}
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


@pytest.fixture
def source(full):
    return render(full)


@pytest.fixture
def tree(source):
    return Tree(source)


def test_elements_are_closed_in_order(tree):
    assert tree.open == []


def test_text_from_files_stays_text(source, tree):
    assert "script" not in {tag for tag, _ in tree.elements}
    assert not [name for _, a in tree.elements for name in a if name.startswith("on")]
    assert {tag for tag, _ in tree.elements} <= ELEMENTS
    text = tree.text()
    for words in (*CLASSES, ERROR, SWEEP["name"], SWEEP["command"]):
        assert words in text
    assert "<script>alert" not in source


def test_attributes_hold_hostile_text_whole(tree):
    assert [a["alt"] for a in tree.of("img")] == [f'" onload="{ERROR}', CLASSES[2], "odd one"]
    assert f"{ERROR}" in tree.text("strong")


def test_nothing_leads_out_of_the_file(source, tree):
    assert all(value.startswith("#") for value in tree.values("href"))
    assert all(value.startswith("data:image/png;base64,") for value in tree.values("src"))
    assert {"srcset", "action", "poster", "style", "background"}.isdisjoint(
        name for _, a in tree.elements for name in a
    )
    style = tree.text("style")
    assert "url(" not in style
    assert "@import" not in style


def test_policy_forbids_all_but_the_style_sheet_and_data(source, tree):
    (policy,) = [a["content"] for a in tree.of("meta") if "http-equiv" in a]
    style = re.search(r"<style>(.*?)</style>", source, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; "
        "form-action 'none'"
    )


def test_contents_lead_to_sections_whose_headings_come_in_order(tree):
    ids = tree.values("id")
    assert len(ids) == len(set(ids))
    assert {value[1:] for value in tree.values("href")} <= set(ids)
    levels = [int(tag[1]) for tag, _ in tree.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert len(tree.of("section")) == 9


def test_tables_and_pictures_can_be_read_aloud(tree):
    assert all(a.get("scope") in ("col", "row") for a in tree.of("th"))
    assert len(tree.of("table")) > 8
    assert all(a["aria-label"] for a in tree.of("table"))
    assert all(a["alt"] and a["loading"] == "lazy" for a in tree.of("img"))


SENTENCES = [
    "On the test split (n = 10) the best single model has an accuracy of 0.700 [0.600, 0.800], "
    "the ensemble of 0.800 [0.700, 0.900]: a gain of +0.100 [+0.010, +0.200], McNemar's test "
    "p = 0.032.",
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
    "2026-01-02T03:04:05+00:00",
    "mirrored images averaged in\nyes",
    f"This report is incomplete: maps of bbb: no room; {ERROR}. Run the command again.",
    "1 of 2 trials failed.",
    "1 of the 4 test images also stand in training.",
    "CAMs: no convolution.",
    "Faces were drawn.",
    "Rows 3 to 5 were empty.",
    "3 pictures, ",
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
    assert text.count("python -m jobs.postprocess RESULTS/NAME") == 6
    assert tree.of("img") == []


def test_a_sweep_without_post_processing_answers_from_its_trials(empty):
    write(empty, "trials", TRIALS)
    assert (
        "The best of 2 trials is cnn5 on clahe images (aaa): validation accuracy "
        "0.712 [0.690, 0.730], n = 3,589. No ensemble has been scored."
    ) in Tree(render(empty)).text("p")


def test_trials_of_which_none_was_measured(empty):
    write(empty, "trials", [{"trial": "a", "status": "running"}])
    text = Tree(render(empty)).text()
    assert "Of 1 trials" not in text
    assert "1 of 1 trials had not ended when this page was made." in text


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


def test_pictures_beyond_the_first_eight_are_folded_away(full):
    rows = [
        {"file": "curves.png", "kind": "gallery", "title": f"t{i}", "caption": "c"}
        for i in range(11)
    ]
    write(full, "images", rows)
    tree = Tree(render(full))
    assert "3 more" in tree.text("summary")
    assert len(tree.of("img")) == 11


@pytest.mark.parametrize("key", sorted(POST))
def test_every_part_of_the_record_may_be_absent_or_odd(full, key):
    for record in ({k: v for k, v in POST.items() if k != key}, POST | {key: None}):
        full.write_json("postprocess.json", record)
        assert "</html>" in render(full)


def test_rendering_changes_nothing_in_the_folder(full, tmp_path):
    def state():
        return {f: f.read_bytes() for f in tmp_path.rglob("*") if f.is_file()}

    before = state()
    render(Store(tmp_path / "sweep"))
    assert state() == before


# --- pictures -----------------------------------------------------------------------------


def pictures(store, count, kind="figure", width=4):
    store.write_bytes(f"{Paths().images}/a.png", png())
    row = {"file": "a.png", "kind": kind, "title": "t", "caption": "c", "width": width, "height": 3}
    write(store, "images", [row | {"title": f"t{i}"} for i in range(count)])


def test_a_picture_stands_in_the_page_as_its_own_bytes(empty):
    pictures(empty, 1)
    words, block = picture_part(read(empty), "figure").blocks
    assert (words.words, words.tone) == ("Drawn from the tables.", "note")
    (image,) = block.images
    head, _, content = image.address.partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(content) == png()
    assert (image.title, image.caption, image.width, image.height) == ("t0", "c", 4, 3)


def test_eight_are_open_and_the_rest_are_folded(empty):
    pictures(empty, 10)
    block = picture_part(read(empty), "figure").blocks[1]
    assert [len(block.images), len(block.more)] == [8, 2]


def test_pictures_mostly_wider_than_600_pixels_share_a_row_in_pairs(empty):
    pictures(empty, 1, width=601)
    assert picture_part(read(empty), "figure").blocks[1].wide
    pictures(empty, 1, width=600)
    assert not picture_part(read(empty), "figure").blocks[1].wide


def test_captions_of_kinds_with_words_in_them_are_folded(empty):
    pictures(empty, 1, kind="gallery")
    assert picture_part(read(empty), "gallery").blocks[1].images[0].lettered
    pictures(empty, 1, kind="figure")
    assert not picture_part(read(empty), "figure").blocks[1].images[0].lettered


def test_an_unknown_kind_has_its_own_name_and_an_absent_one_no_part(empty):
    pictures(empty, 1, kind="sketch")
    contents = read(empty)
    assert other_kinds(contents) == ["sketch"]
    assert picture_part(contents, "sketch").title == "Sketch"
    assert picture_part(contents, "figure") is None


def test_what_cannot_be_read_is_counted_and_noted(empty):
    write(empty, "images", [{"file": "gone.png", "kind": "figure", "title": "t", "caption": "c"}])
    contents = read(empty)
    _, lost = picture_part(contents, "figure").blocks
    assert lost.words == "1 of 1 pictures cannot be shown; see the caveats."
    assert "gone.png does not exist" in contents.problems[0]
