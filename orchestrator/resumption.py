"""What a sweep that is resumed was asked, and what it may be asked now: the same, or an extension.

An extension is more trials, longer ones, or a part of each setting's values. Whatever the command
line leaves out is as the sweep was last asked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.errors import BadInput
from orchestrator.process import backend as backends
from orchestrator.scheduling.schedulers import catalogue
from orchestrator.search.axes import Axis, Constant, lies_within
from orchestrator.search.space import SearchSpace
from orchestrator.search.tune_words import axis_from_text
from results.paths import Paths
from results.store import DamagedResults, Store
from results.sweep_file import NewerFormat, read_sweep_file

TRIALS, EPOCHS = "trials", "epochs"

_SETTING = "setting "


@dataclass(frozen=True)
class Overrides:
    """What command lines have put in place of a question's own words.

    Attributes:
        trials: configurations at most; None: as the question says.
        settings: setting -> text, see `SearchSpace.override`.
    """

    trials: int | None = None
    settings: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def recorded(cls, words: Mapping[str, Any] | None) -> "Overrides":
        """Those that stand in `sweep.json`; none in one of an earlier version."""
        return cls(words.get("trials"), dict(words["settings"])) if words else cls()

    def under(self, later: "Overrides") -> "Overrides":
        """These, where a later command line says nothing else."""
        trials = self.trials if later.trials is None else later.trials
        return Overrides(trials, {**self.settings, **later.settings})


@dataclass(frozen=True)
class Change:
    """One difference that an extension makes.

    Attributes:
        what: TRIALS, or a setting.
        before: a number of trials, or the setting's values in words.
        now: likewise.
    """

    what: str
    before: int | str
    now: int | str


@dataclass(frozen=True)
class Record:
    """What `sweep.json` says of a sweep that is resumed.

    Attributes:
        content: of the file.
        folder: of the sweep, as it is shown.
    """

    content: Mapping[str, Any]
    folder: str

    @property
    def extended(self) -> list[dict[str, Any]]:
        """The extensions so far, the first one first."""
        return list(self.content.get("extended") or ())

    @property
    def overrides(self) -> Overrides:
        """Of the question as it was last asked."""
        first = self.content.get("overrides")
        return Overrides.recorded(self.extended[-1]["overrides"] if self.extended else first)

    @property
    def first_overrides(self) -> Overrides:
        """Of the question as the sweep began."""
        return Overrides.recorded(self.content.get("overrides"))

    def at_the_start(self, setting: str) -> str | None:
        """A setting's values in words, as the sweep began; None where it was not named."""
        changes = (change for each in self.extended for change in each["changes"])
        first = next((each["before"] for each in changes if each["what"] == setting), None)
        return first or self.content["identity"]["space"].get(setting)

    def last(self, setting: str) -> str | None:
        """The same, as it was last asked."""
        text: str | None = self.content["identity"]["space"].get(setting)
        return text


def read_record(store: Store) -> Record:
    """What `sweep.json` says.

    Raises:
        BadInput: where it is damaged.
        NewerFormat: where a later version wrote it.
    """
    try:
        record = read_sweep_file(store)
        identity = record["identity"]
        int(identity["seed"])
        identity.setdefault(
            "scheduler", catalogue.BEFORE if identity.get("early_stopping", True) else ""
        )
        identity.setdefault("rungs_by", "epochs")
        identity.setdefault("finalists", 0)
        if isinstance(identity["space"], dict) and isinstance(record["precision"], str):
            return Record(dict(record), store.root)
        fault = "it says no precision or no space"
    except NewerFormat:
        raise
    except (DamagedResults, KeyError, TypeError, ValueError) as error:
        damaged = isinstance(error, DamagedResults)
        fault = str(error).partition(";")[0] if damaged else f"it lacks {error}"
    raise BadInput(
        f"{store.root}: {Paths().sweep}, which says what the sweep was asked, is damaged "
        f"({fault}); put a copy of it back, or start under another --name"
    )


def backend_on_record(record: Record, requested: str) -> backends.BackendChoice:
    """What a sweep goes on with.

    Raises:
        BadInput: where that is not what is requested, or not installed.
    """
    recorded = str(record.content.get("backend") or backends.BEFORE)
    if requested not in (backends.AUTO, recorded):
        raise BadInput(
            f"{record.folder}: --backend {requested}, but the sweep began with {recorded}, and "
            "numbers of two backends must not mix in one trial; leave --backend out, or start "
            "under another --name"
        )
    if not backends.is_installed(recorded):
        raise BadInput(
            f"{record.folder}: the sweep began with {recorded}, which is not installed here; "
            f"{backends.INSTALL[recorded]}, or start under another --name"
        )
    return backends.BackendChoice(recorded, str(record.content.get("backend_reason") or ""))


def scheduler_on_record(record: Record | None, named: str) -> str:
    """Who goes on at a rung, by name; a resumed sweep where nobody names one keeps its own.

    Raises:
        BadInput: for a name that no scheduler has.
    """
    if named:
        catalogue.check(named)
        return named
    return str(record.content["identity"]["scheduler"]) if record else catalogue.DEFAULT


@dataclass(frozen=True)
class Comparison:
    """What a sweep is asked now, held against what it was asked before.

    Attributes:
        record: of the sweep.
        space: searched now.
        space_with: the question's space with some overrides in it.
        named: by this command line; nothing else may differ.
    """

    record: Record
    space: SearchSpace
    space_with: Callable[[Overrides], SearchSpace]
    named: Overrides

    def changes(self, identity: Mapping[str, Any], trials: int) -> tuple[Change, ...]:
        """What this command line extends.

        Args:
            identity: of the sweep as it is asked now.
            trials: likewise.

        Raises:
            BadInput: naming the first difference that is no extension.
        """
        content = self.record.content
        now, before = _flat(identity), _flat(content["identity"])
        changes = []
        for key in dict.fromkeys([*now, *before]):
            if now.get(key) == before.get(key):
                continue
            setting = key.removeprefix(_SETTING)
            if setting == key or setting not in self.named.settings:
                raise self._refusal(key, now.get(key), before.get(key))
            if not self._is_extension(setting):
                raise self._refusal(key, now.get(key), self._bound(setting))
            if key in before:  # else it was at its default and is now said to be
                changes.append(Change(setting, before[key], now[key]))
        if content.get(TRIALS, trials) != trials and (self.named.trials or not changes):
            changes.append(Change(TRIALS, content[TRIALS], trials))
        return tuple(changes)

    def _is_extension(self, setting: str) -> bool:
        """Whether a setting's values are among the first ones, or epochs are more than the last."""
        axis = self.space.axis(setting)
        first = self._axis(self.record.first_overrides, setting, self.record.at_the_start(setting))
        if first is not None and lies_within(axis, first):
            return True
        last = self._axis(self.record.overrides, setting, self.record.last(setting))
        return setting == EPOCHS and last is not None and bool(min(axis.values or ()) > last.high)

    def _axis(self, overrides: Overrides, setting: str, words: str | None) -> Axis | None:
        """The axis that was described by these words; None where that cannot be told.

        An earlier version recorded no overrides: then it is the question's own, or a constant.
        """
        axis = self.space_with(overrides).axis(setting)
        if words is None or str(axis) == words:
            return axis
        try:
            axis = axis_from_text(setting, words)
        except BadInput:
            return None
        return axis if isinstance(axis, Constant) and str(axis) == words else None

    def _bound(self, setting: str) -> str | None:
        """What an extension of a setting is held against, in words."""
        record = self.record
        return record.last(setting) if setting == EPOCHS else record.at_the_start(setting)

    def _refusal(self, key: str, now: Any, before: Any) -> BadInput:
        absent, none = "absent" if now is None else now, "none" if before is None else before
        first = self.record.at_the_start(key.removeprefix(_SETTING))
        later = self.record.extended and before != first
        verb = "was last asked for" if later else "began with"
        return BadInput(
            f"{self.record.folder}: {key} is now {absent}, but the sweep {verb} {none}; resume "
            f"it with the settings of its start (see {Paths().sweep}), or start under another "
            "--name"
        )


def _flat(identity: Mapping[str, Any]) -> dict[str, Any]:
    space = {f"{_SETTING}{key}": words for key, words in identity["space"].items()}
    return {**space, **{key: value for key, value in identity.items() if key != "space"}}
