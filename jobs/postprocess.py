"""After a sweep: its leaderboard and its figures.

    python -m jobs.postprocess RESULTS/NAME

A sweep runs this at its end unless `--no-postprocess` is given. It reads tables alone, so it can be
run again at any time, also while the sweep still runs.
"""

import argparse
import sys
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from matplotlib.figure import Figure as Canvas

from analysis.figures.catalogue import FIGURES, Figure, Tables
from analysis.leaderboard import clean_accuracy, leaderboard, markdown
from results.paths import Paths
from results.schema import EPOCHS, IMAGES, PREDICTIONS, TRIALS, table
from results.store import DamagedResults, Store

DPI = 110


def main(argv: Sequence[str] | None = None) -> int:
    """0 done, 2 bad input; the last line printed is the results folder."""
    parser = argparse.ArgumentParser(prog="python -m jobs.postprocess", description=__doc__)
    parser.add_argument("results", help="a sweep's own folder")
    folder = Path(parser.parse_args(argv).results).absolute()
    try:
        if not (folder / Paths().trials).is_file():
            raise DamagedResults(
                f"{folder} is no sweep's folder: it has no {Paths().trials}; give RESULTS/NAME"
            )
        postprocess(Store(folder))
    except DamagedResults as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    print(folder)
    return 0


def postprocess(store: Store) -> None:
    """Write the leaderboard and every figure, with their index."""
    trials = store.read_table(Paths().trials, TRIALS).to_pandas()
    epochs = store.read_table(Paths().epochs, EPOCHS).to_pandas()
    board = leaderboard(trials, clean_accuracies(store, trials["trial"].tolist()))
    store.write_bytes(Paths().leaderboard, markdown(board).encode())
    rows = []
    for name, figure in FIGURES.items():
        picture, size = drawn(figure, Tables(trials, epochs))
        store.write_bytes(f"{Paths().images}/{name}.png", picture)
        rows.append(
            {
                "file": f"{name}.png",
                "kind": "figure",
                "title": figure.title,
                "caption": f"{figure.title}; {len(trials)} trials.",
                "width": size[0],
                "height": size[1],
            }
        )
    store.write_table(Paths().images_index, table(IMAGES, rows))


def clean_accuracies(store: Store, trials: Sequence[str]) -> dict[str, float]:
    """Trial -> accuracy without copies, of the trials that have predictions."""
    there = [trial for trial in trials if store.exists(Paths().prediction(trial))]
    return {
        trial: clean_accuracy(store.read_table(Paths().prediction(trial), PREDICTIONS).to_pandas())
        for trial in there
    }


def drawn(figure: Figure, tables: Tables) -> tuple[bytes, tuple[int, int]]:
    """A figure as PNG, with its width and height in pixels."""
    canvas = Canvas(figsize=figure.size, layout="constrained")
    ax = canvas.subplots()
    figure.draw(figure.data(tables), ax)
    ax.set_title(figure.title)
    buffer = BytesIO()
    canvas.savefig(buffer, dpi=DPI)
    return buffer.getvalue(), (round(figure.size[0] * DPI), round(figure.size[1] * DPI))


if __name__ == "__main__":
    sys.exit(main())
