"""Where everything stands inside a sweep's folder: each name once."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Paths:
    """The names of a sweep's files and folders.

    Attributes:
        root: the sweep's folder, a local path or a URI without settings (`Store.root`); "" (the
            default) gives names relative to it. A `Store` takes both.
    """

    root: str = ""

    @property
    def sweep(self) -> str:
        """Command, question, space, seed, commit, versions, hardware, data: JSON."""
        return self._at("sweep.json")

    @property
    def journal(self) -> str:
        """What was decided and when: JSON lines, appended; the truth after a crash."""
        return self._at("journal.jsonl")

    @property
    def trials(self) -> str:
        """A row a trial."""
        return self._at("trials.parquet")

    @property
    def epochs(self) -> str:
        """A row a (trial, epoch)."""
        return self._at("epochs.parquet")

    @property
    def predictions(self) -> str:
        """Folder of `prediction` files."""
        return self._at("predictions")

    def prediction(self, trial: str) -> str:
        """A row an image that this trial's best weights predicted."""
        return self._at("predictions", f"{trial}.parquet")

    @property
    def weights(self) -> str:
        """Folder of `weight` files."""
        return self._at("weights")

    def weight(self, trial: str) -> str:
        """This trial's best weights: safetensors."""
        return self._at("weights", f"{trial}.safetensors")

    @property
    def leaderboard(self) -> str:
        """Trials, best first: a Markdown table."""
        return self._at("leaderboard.md")

    @property
    def images(self) -> str:
        """Folder of pictures."""
        return self._at("images")

    @property
    def images_index(self) -> str:
        """A row a picture."""
        return self._at("images.parquet")

    @property
    def tensorboard(self) -> str:
        """Folder of event files: one run a trial, one for the sweep."""
        return self._at("tensorboard")

    @property
    def study(self) -> str:
        """Optuna's study."""
        return self._at("optuna.journal")

    @property
    def tune(self) -> str:
        """Folder of Ray's own state and checkpoints."""
        return self._at("tune")

    @property
    def logs(self) -> str:
        """Folder of all that Ray and TensorFlow had to say."""
        return self._at("logs")

    def _at(self, *names: str) -> str:
        root = self.root.rstrip("/") if self.root != "/" else ""
        # A URI is joined with "/" like a path: os.path and pathlib would damage its "//".
        return "/".join((root, *names) if self.root else names)
