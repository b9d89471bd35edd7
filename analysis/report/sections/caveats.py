"""What limits the results: every caveat that somebody wrote down, and what could not be read."""

from typing import Any

from analysis import wording
from analysis.report.page_blocks import Part, Points, Section, Text
from analysis.report.score_lookup import SINGLE
from analysis.report.sweep_contents import SweepContents, mapping, objects
from results.statuses import UNDER_WAY


def caveats_section(contents: SweepContents) -> Section:
    """Every limit that somebody wrote down, and what this page had to leave away."""
    parts = [
        Part(title, (Points(tuple(wording.sentence(point) for point in points)),))
        for title, points in (
            ("Unfinished", unfinished(contents)),
            ("", _general(contents)),
            ("The data", _sentences(contents.data.get("notes")) + _copies(contents)),
            ("Left out of the ensemble", _left_out(contents)),
            ("Skipped", _skipped(contents)),
            ("Not readable", list(dict.fromkeys(contents.problems))),
        )
        if points
    ]
    nothing = (Part("", (Text("None was written down.", "absent"),)),)
    return Section("caveats", "Caveats", tuple(parts) or nothing)


def unfinished(contents: SweepContents) -> list[str]:
    """Sentences on what failed for now and a second run would make."""
    return _sentences(contents.post.get("unfinished"))


def _general(contents: SweepContents) -> list[str]:
    return _sentences(contents.post.get("caveats")) + _choice(contents) + _trials(contents)


def _choice(contents: SweepContents) -> list[str]:
    sentences = _readings(contents)
    scores = contents.table("scores")
    if contents.split == "validation" and len(scores):
        folds = scores["how"].str.startswith("cross-validated", na=False).any()
        less = "; the figures called cross-validated do so less" if folds else ""
        what = "the single trial" if contents.ensemble.get("rule") == SINGLE else "the ensemble"
        sentences.append(
            f"Trials, epochs and {what} were chosen on the images that the scores are about, "
            f"so these flatter{less}"
        )
    return sentences


def _readings(contents: SweepContents) -> list[str]:
    reads = objects(contents.post.get("test_reads"))
    if not reads:
        return ["The test split was not read"] if "test_reads" in contents.post else []
    each = "; ".join(f"{wording.text(r.get('when'))}: {_chosen(r)}" for r in reads)
    often = "once" if len(reads) == 1 else f"{len(reads)} times"
    sentences = [f"The test split was looked at {often} ({each})"]
    if len({_chosen(read) for read in reads}) > 1:
        sentences.append(
            "What was chosen after the first look at the test split may owe something to it: "
            "only the first choice's test scores are untouched"
        )
    return sentences


def _chosen(read: dict[str, Any]) -> str:
    """What a reading of the test split was for; older records have it as text."""
    if "members" not in read:
        return wording.text(read.get("choice"))
    how = f" by {read['combiner']}" if read.get("combiner") else ""
    mirrored = "; mirrored images averaged in" if read.get("flip") else ""
    single = wording.text(read.get("best_single"))
    return f"members {wording.joined(read['members'])}{how}; best single {single}{mirrored}"


def _trials(contents: SweepContents) -> list[str]:
    status = contents.table("trials")["status"]
    total = wording.count(len(status))
    kinds = ((("failed",), "failed"), (UNDER_WAY, "had not ended when this page was made"))
    return [
        f"{wording.count(n)} of {total} trials {words}"
        for kind, words in kinds
        if (n := int(status.isin(kind).sum()))
    ]


def _copies(contents: SweepContents) -> list[str]:
    answers = contents.table("answers")
    copies = int(answers["also_in_training"].fillna(False).astype(bool).sum())
    if not copies:
        return []
    n = wording.count(len(answers))
    return [f"{wording.count(copies)} of the {n} {contents.split} images also stand in training"]


def _left_out(contents: SweepContents) -> list[str]:
    """Those that no row of the table of those left out tells of."""
    reasons = mapping(contents.post.get("left_out"))
    listed = set(contents.table("members")["trial"])
    return [f"{trial}: {reason}" for trial, reason in reasons.items() if trial not in listed]


def _skipped(contents: SweepContents) -> list[str]:
    skipped = objects(contents.post.get("skipped"))
    return [f"{wording.text(s.get('what'))}: {wording.text(s.get('reason'))}" for s in skipped]


def _sentences(value: Any) -> list[str]:
    return [str(item) for item in value if str(item).strip()] if isinstance(value, list) else []
