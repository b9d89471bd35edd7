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
    def journal_segments(self) -> str:
        """Folder of the same in pieces, where a file cannot be appended to: an object store."""
        return self._at("journal")

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
    def checkpoints(self) -> str:
        """Folder of `checkpoint` folders."""
        return self._at("checkpoints")

    def checkpoint(self, trial: str) -> str:
        """Folder of what this trial goes on from; gone when it has finished."""
        return self._at("checkpoints", trial)

    @property
    def leaderboard(self) -> str:
        """Trials, best first: a Markdown table."""
        return self._at("leaderboard.md")

    def split_prediction(self, trial: str, split: str) -> str:
        """A row an image of another split than validation that this trial predicted."""
        return self._at("predictions", f"{trial}-{split}.parquet")

    @property
    def members(self) -> str:
        """A row a trial: who is in the ensemble, who is not, and why."""
        return self._at("members.parquet")

    @property
    def scores(self) -> str:
        """A row a (who, split, images, metric)."""
        return self._at("scores.parquet")

    @property
    def answers(self) -> str:
        """A row an image: what the ensemble says of it."""
        return self._at("answers.parquet")

    @property
    def cams(self) -> str:
        """A row a (image, member, method, rule): where the evidence was."""
        return self._at("cams.parquet")

    @property
    def class_means(self) -> str:
        """A row a (member, method, rule, class, right or wrong)."""
        return self._at("class_means.parquet")

    @property
    def regions(self) -> str:
        """A row a (member, method, rule, class, right or wrong, region)."""
        return self._at("regions.parquet")

    @property
    def map_counts(self) -> str:
        """A row a (member, method, rule): how many maps there are, and how many are empty."""
        return self._at("map_counts.parquet")

    @property
    def faithfulness(self) -> str:
        """A row a (image, member, method): how far the map can be trusted."""
        return self._at("faithfulness.parquet")

    @property
    def robustness(self) -> str:
        """A row a (who, corruption, level, group of images): what they have right."""
        return self._at("robustness.parquet")

    @property
    def taggers(self) -> str:
        """A row a (who, how far taggers agree): answers against labels and against people."""
        return self._at("taggers.parquet")

    @property
    def groups(self) -> str:
        """A row a configuration: what it came to over its seeds."""
        return self._at("groups.parquet")

    @property
    def seeds(self) -> str:
        """A row a finalist: what it came to over several seeds."""
        return self._at("seeds.parquet")

    @property
    def seeds_text(self) -> str:
        """The same in words: Markdown."""
        return self._at("seeds.md")

    @property
    def ensemble(self) -> str:
        """Folder that `analysis.ensemble.load` reads."""
        return self._at("ensemble")

    @property
    def postprocess(self) -> str:
        """What the last post-processing did and found: JSON."""
        return self._at("postprocess.json")

    @property
    def test_reads(self) -> str:
        """When test images were predicted, and by whom: JSON; never deleted by us."""
        return self._at("test_reads.json")

    @property
    def parts(self) -> str:
        """Folder of finished pieces of post-processing, so that none is computed twice."""
        return self._at("parts")

    @property
    def report(self) -> str:
        """Everything on one page: HTML that needs no network."""
        return self._at("report.html")

    @property
    def images(self) -> str:
        """Folder of pictures."""
        return self._at("images")

    @property
    def images_index(self) -> str:
        """A row a picture."""
        return self._at("images.parquet")

    @property
    def tiles(self) -> str:
        """A row a piece of a picture, as a page lays them out."""
        return self._at("tiles.parquet")

    @property
    def tensorboard(self) -> str:
        """Folder of event files: one run a trial, one for the sweep."""
        return self._at("tensorboard")

    @property
    def study(self) -> str:
        """Optuna's study."""
        return self._at("optuna.journal")

    @property
    def study_lock(self) -> str:
        """Optuna's lock of it: a link that leads nowhere, made and taken away, never followed."""
        return self._at("optuna.journal.lock")

    @property
    def logs(self) -> str:
        """Folder of all that Ray and TensorFlow had to say."""
        return self._at("logs")

    def _at(self, *names: str) -> str:
        root = self.root.rstrip("/") if self.root != "/" else ""
        # A URI is joined with "/" like a path: os.path and pathlib would damage its "//".
        return "/".join((root, *names) if self.root else names)
