"""Accuracy under corruptions, by class and by kind of light."""

from results.tables.described import REAL, TEXT, WHOLE, described

ROBUSTNESS = described(
    ("who", TEXT, "", "ensemble, or the signature of a trial."),
    ("preprocessing", TEXT, "", "Of that trial; null for the ensemble."),
    ("split", TEXT, "", "validation or test."),
    ("corruption", TEXT, "", "What was done to the images; none for images as they are."),
    ("level", WHOLE, "", "Strength, 1 to 5; 0 for images as they are."),
    ("amount", REAL, "", "What the strength means, in the corruption's unit; null for none."),
    ("unit", TEXT, "", "Of the amount."),
    ("by", TEXT, "", "all, class, or the light that strata are of: brightness, contrast, ..."),
    ("group", TEXT, "", "Class by name, or bounds of the stratum in gray values of 255."),
    ("n", WHOLE, "images", "Images behind it."),
    ("accuracy", REAL, "share", "Images whose likeliest class is the label."),
    ("low", REAL, "share", "Lower end of its 95 % interval (Wilson)."),
    ("high", REAL, "share", "Upper end of it."),
    ("lost", REAL, "share", "Accuracy of the same images as they are, less this; null for none."),
    ("lost_low", REAL, "share", "Lower end of its 95 % interval (paired t over images)."),
    ("lost_high", REAL, "share", "Upper end of it."),
    ("standardised", REAL, "share", "Accuracy as if the stratum had the classes of all images."),
    ("standardised_low", REAL, "share", "Lower end of its 95 % interval (normal)."),
    ("standardised_high", REAL, "share", "Upper end of it."),
    ("covered", REAL, "share", "Share of all images whose class occurs in the stratum."),
)
