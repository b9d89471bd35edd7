"""Answers and labels against what ten people said of the same images."""

from results.tables.described import REAL, TEXT, WHOLE, described

TAGGERS = described(
    ("who", TEXT, "", "ensemble, or the signature of a trial."),
    ("split", TEXT, "", "validation or test."),
    ("group", TEXT, "", "all, or how far the taggers of FER+ agree."),
    ("n", WHOLE, "images", "Images behind the accuracy."),
    ("accuracy", REAL, "share", "Images whose likeliest class is the data set's label."),
    ("low", REAL, "share", "Lower end of its 95 % interval (Wilson)."),
    ("high", REAL, "share", "Upper end of it."),
    ("n_plurality", WHOLE, "images", "Those for which one class of ours has most votes."),
    ("plurality_accuracy", REAL, "share", "Of these, those whose likeliest class is that one."),
    ("plurality_low", REAL, "share", "Lower end of its 95 % interval (Wilson)."),
    ("plurality_high", REAL, "share", "Upper end of it."),
    ("label_agrees", REAL, "share", "Of all n, those whose label has most votes, alone."),
)
