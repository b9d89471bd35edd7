"""How the results came about, what limits them, and what the words mean."""

from typing import Any

from analysis.report import wording
from analysis.report.page_blocks import Block, Facts, Part, Points, Section, Text
from analysis.report.sweep_contents import SweepContents, mapping, objects

TERMS = (
    ("trial", "One net trained with one setting; its name is a signature of that setting."),
    (
        "rung",
        "An epoch at which trials are compared and the worse ones stopped, so that time goes to "
        "the better ones.",
    ),
    (
        "95 % interval",
        "Would the images be drawn anew many times, 95 % of such intervals would hold the true "
        "value. It says nothing of new kinds of images, nor of another seed.",
    ),
    (
        "clean",
        "Images of which no exact copy stands among the training images. A net may know a copy by "
        "heart.",
    ),
    (
        "McNemar's test",
        "Looks at the images that exactly one of two models gets right; p is how often chance "
        "alone would divide them so unevenly.",
    ),
    (
        "ECE",
        "Expected calibration error: how far stated confidence and actual accuracy lie apart, over "
        "15 bins of confidence. 0 is best.",
    ),
    (
        "temperature",
        "One number that logits are divided by so that confidence fits accuracy; it changes no "
        "answer.",
    ),
    (
        "macro F1",
        "Mean over classes of F1, the harmonic mean of precision and recall: rare classes count "
        "as much as frequent ones.",
    ),
    (
        "binary accuracy",
        "Share of image-class cells on the right side of 0.5. A net that never exceeds 0.5 reaches "
        "(k \N{MINUS SIGN} 1) / k, with 7 classes 0.857: not to be compared with accuracy.",
    ),
    (
        "Grad-CAM",
        "Maps of a layer, weighed by how much each raises a class's score: where the evidence "
        "was. Its cells are coarse (say 6\N{MULTIPLICATION SIGN}6): do not read detail into it.",
    ),
    (
        "contrast map",
        "Evidence for the prediction less evidence for the true class: what made the answer wrong.",
    ),
    (
        "deletion, insertion",
        "Probability left as the pixels marked by a map are taken away, or brought in: a good map "
        "makes it fall fast, or rise fast.",
    ),
)
"""Term -> what it means, for readers of other fields."""

NOT_MADE = "Post-processing has left no record; python -m jobs.postprocess RESULTS/NAME leaves one."


def obtained_section(material: SweepContents) -> Section:
    """Commands, versions, machines, data."""
    parts = [
        Part(
            "The sweep", _facts(_sweep(material), "sweep.json is missing: nothing is known of it.")
        ),
        Part("The data", _facts(_data(material), "sweep.json does not say which data it was.")),
        Part("Post-processing", _facts(_post(material), NOT_MADE)),
    ]
    return Section("obtained", "How it was obtained", tuple(parts))


def _facts(pairs: list[tuple[str, Any]], absent: str) -> tuple[Block, ...]:
    known = tuple((name, _said(value)) for name, value in pairs if value not in (None, "", [], {}))
    code = frozenset(("command", "commit", "digest"))
    return (Facts(known, code),) if known else (Text(absent, "absent"),)


def _said(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _sweep(material: SweepContents) -> list[tuple[str, Any]]:
    sweep = material.sweep
    identity = mapping(sweep.get("identity"))
    packages = mapping(sweep.get("packages"))
    space = mapping(identity.get("space"))
    return [
        ("name", sweep.get("name")),
        ("command", sweep.get("command")),
        ("commit", sweep.get("commit")),
        ("started", sweep.get("started")),
        ("hardware", sweep.get("hardware")),
        ("precision", sweep.get("precision")),
        ("trials asked for", sweep.get("trials")),
        ("rungs (epochs)", _joined(sweep.get("rungs"))),
        *((name.replace("_", " "), v) for name, v in identity.items() if name not in _ELSEWHERE),
        ("space", "; ".join(f"{name}: {value}" for name, value in space.items())),
        ("Python", sweep.get("python")),
        ("packages", ", ".join(f"{name} {version}" for name, version in packages.items())),
    ]


_ELSEWHERE = ("space", "data")


def _data(material: SweepContents) -> list[tuple[str, Any]]:
    data = material.data
    images = mapping(data.get("images"))
    return [
        ("source", data.get("path")),
        ("digest", data.get("digest")),
        ("images", ", ".join(f"{wording.count(n)} {split}" for split, n in images.items())),
        ("classes", _joined(data.get("classes"))),
        ("test images also in training", data.get("test_images_also_in_training")),
    ]


def _post(material: SweepContents) -> list[tuple[str, Any]]:
    post = material.post
    return [
        ("command", post.get("command")),
        ("commit", post.get("commit")),
        ("started", post.get("started")),
        ("took", wording.duration(post["seconds"]) if "seconds" in post else None),
        ("hardware of the driver", post.get("hardware")),
        ("workers", post.get("workers")),
        ("split", post.get("split")),
        ("members asked for", post.get("members_asked")),
        ("images explained", post.get("explain")),
        ("methods", _joined(post.get("methods"))),
        ("mirrored images averaged in", post.get("flip")),
        ("speed", _speed(mapping(post.get("speed")))),
    ]


SPEEDS = {
    "gradcam": "with Grad-CAM",
    "all_classes": "with Grad-CAM of every class",
    "family": "with Grad-CAM, Grad-CAM++, HiResCAM and LayerCAM",
}
"""What was timed beside prediction -> how the page calls it; fields of `analysis.explain.Cost`."""

ALONE = "leading member, one thread"


def _speed(speed: dict[str, Any]) -> str:
    plain = speed.get("prediction")
    if not isinstance(plain, (int, float)):
        return ""
    said = []
    for name, title in SPEEDS.items():
        if isinstance(ratio := speed.get(f"{name}_ratio"), (int, float)):
            said.append(f"{title} {ratio:.2f} times the time")
    about = f"leading member; {speed['device']}" if speed.get("device") else ALONE
    times = f"; {', '.join(said)}" if said else ""
    return f"{wording.count(plain)} images/s predicted{times} ({about})"


def _joined(values: Any) -> str:
    return ", ".join(map(str, values)) if isinstance(values, list) else wording.text(values)


def caveats_section(material: SweepContents) -> Section:
    """Every limit that somebody wrote down, and what this page had to leave away."""
    parts = [
        Part(title, (Points(tuple(wording.sentence(point) for point in points)),))
        for title, points in (
            ("Unfinished", unfinished(material)),
            ("", _general(material)),
            ("The data", _listed(material.data.get("notes")) + _copies(material)),
            ("Left out of the ensemble", _left_out(material)),
            ("Skipped", _skipped(material)),
            ("Not readable", list(dict.fromkeys(material.problems))),
        )
        if points
    ]
    nothing = (Part("", (Text("None was written down.", "absent"),)),)
    return Section("caveats", "Caveats", tuple(parts) or nothing)


def unfinished(material: SweepContents) -> list[str]:
    """Sentences on what failed for now and a second run would make."""
    return _listed(material.post.get("unfinished"))


def _general(material: SweepContents) -> list[str]:
    return _listed(material.post.get("caveats")) + _choice(material) + _trials(material)


def _choice(material: SweepContents) -> list[str]:
    said = _readings(material)
    if material.split == "validation":
        said.append(
            "Trials, epochs and the ensemble were chosen on the images that the scores are about, "
            "so these flatter; the figures called cross-validated do so less"
        )
    return said


def _readings(material: SweepContents) -> list[str]:
    reads = objects(material.post.get("test_reads"))
    if not reads:
        return ["The test split was not read"] if "test_reads" in material.post else []
    each = "; ".join(f"{wording.text(r.get('when'))}: {_chosen(r)}" for r in reads)
    often = "once" if len(reads) == 1 else f"{len(reads)} times"
    said = [f"The test split was looked at {often} ({each})"]
    if len({_chosen(read) for read in reads}) > 1:
        said.append(
            "What was chosen after the first look at the test split may owe something to it: "
            "only the first choice's test scores are untouched"
        )
    return said


def _chosen(read: dict[str, Any]) -> str:
    """What a reading of the test split was for; older records have it as text."""
    if "members" not in read:
        return wording.text(read.get("choice"))
    how = f" by {read['combiner']}" if read.get("combiner") else ""
    mirrored = "; mirrored images averaged in" if read.get("flip") else ""
    single = wording.text(read.get("best_single"))
    return f"members {_joined(read['members'])}{how}; best single {single}{mirrored}"


def _trials(material: SweepContents) -> list[str]:
    status = material.table("trials")["status"]
    total = wording.count(len(status))
    names = (("failed", "failed"), ("running", "had not ended when this page was made"))
    return [
        f"{wording.count(n)} of {total} trials {words}"
        for name, words in names
        if (n := int((status == name).sum()))
    ]


def _copies(material: SweepContents) -> list[str]:
    answers = material.table("answers")
    copies = int(answers["also_in_training"].fillna(False).astype(bool).sum())
    if not copies:
        return []
    n = wording.count(len(answers))
    return [f"{wording.count(copies)} of the {n} {material.split} images also stand in training"]


def _left_out(material: SweepContents) -> list[str]:
    reasons = mapping(material.post.get("left_out"))
    return [f"{trial}: {reason}" for trial, reason in reasons.items()]


def _skipped(material: SweepContents) -> list[str]:
    skipped = objects(material.post.get("skipped"))
    return [f"{wording.text(s.get('what'))}: {wording.text(s.get('reason'))}" for s in skipped]


def _listed(value: Any) -> list[str]:
    return [str(item) for item in value if str(item).strip()] if isinstance(value, list) else []


def glossary_section() -> Section:
    """What the words mean."""
    return Section("glossary", "Words", (Part("", (Facts(TERMS),)),))
