"""What the page's words mean."""

from analysis.report.page_blocks import Facts, Folded, Part, Section

TERMS = (
    (
        "trial",
        "One net trained with one choice of settings; its name is a signature of that choice.",
    ),
    (
        "rung",
        "An epoch at which trials are compared and the worse ones stopped, so that time goes to "
        "the better ones. A trial may wait there, paused, for those that it is compared with.",
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


def glossary_section() -> Section:
    """What the words mean."""
    words = Folded("What the words on this page mean", (Facts(TERMS),))
    return Section("glossary", "Words", (Part("", (words,)),))
