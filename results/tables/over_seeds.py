"""Configurations over several seeds: of one sweep, and of finalists that were trained again."""

from results.tables.described import REAL, TEXT, WHOLE, described

_PLACE = ("place", WHOLE, "", "Place by mean accuracy over seeds, 1 for the best.")

_MEASURED = (
    ("epochs", WHOLE, "epochs", "Epochs asked for with every seed."),
    ("begun", WHOLE, "", "Seeds begun."),
    ("n", WHOLE, "", "Seeds finished: those that the numbers below are about."),
    ("mean", REAL, "share", "Mean validation accuracy over seeds, each in its best epoch."),
    ("sd", REAL, "share", "Standard deviation over seeds (n - 1); null for fewer than 2."),
    ("low", REAL, "share", "Lower end of the mean's 95 % interval (t); null for fewer than 2."),
    ("high", REAL, "share", "Upper end of the mean's 95 % interval (t); null for fewer than 2."),
    ("lowest", REAL, "share", "Lowest accuracy of a seed."),
    ("highest", REAL, "share", "Highest accuracy of a seed."),
    (
        "clean_mean",
        REAL,
        "share",
        "The mean without copies of training images; it decides the place; null if unknown.",
    ),
)

_BEHIND = (
    ("pairs", WHOLE, "", "Seeds that it shares with the best; null for the best."),
    ("behind", REAL, "share", "The best's accuracy less its own, mean over shared seeds."),
    ("behind_low", REAL, "share", "Lower end of that difference's 95 % interval (paired t)."),
    ("behind_high", REAL, "share", "Upper end of that difference's 95 % interval (paired t)."),
    ("behind_p", REAL, "share", "Two-sided p of that difference, one comparison (paired t)."),
    ("holm_p", REAL, "share", "The same after Holm's correction over all rows."),
    (
        "images_low",
        REAL,
        "share",
        "Lower end of that difference's 95 % interval over images, of these seeds (paired t).",
    ),
    ("images_high", REAL, "share", "Upper end of it."),
    ("images_p", REAL, "share", "Two-sided p of the difference over images, after Holm."),
    (
        "relation",
        TEXT,
        "",
        "best, behind, undecided (behind over images alone), inside the noise, or not compared.",
    ),
)

GROUPS = described(
    _PLACE,
    ("configuration", TEXT, "", "Settings that tell it from the others."),
    ("trials", TEXT, "", "Signatures of its trials, blank-separated, best first."),
    *_MEASURED,
    *_BEHIND,
)

SEEDS = described(
    _PLACE,
    ("configuration", TEXT, "", "Settings that tell it from the other finalists."),
    ("first_trial", TEXT, "", "Signature of its best trial in the first sweep."),
    ("first_place", WHOLE, "", "Its place among the configurations of the first sweep."),
    ("first_status", TEXT, "", "Status of that trial."),
    ("first_epochs", WHOLE, "epochs", "Epochs that that trial had finished."),
    ("first_accuracy", REAL, "share", "Validation accuracy of that trial; selection flatters it."),
    *_MEASURED,
    ("change", REAL, "share", "Mean less the accuracy in the first sweep."),
    *_BEHIND,
)
