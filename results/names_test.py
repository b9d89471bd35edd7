"""The names that trials write are the names that tables have; `results` itself imports neither."""

import dataclasses
import typing

import pyarrow as pa
import pytest

from orchestrator.config import TrialConfig
from orchestrator.monitor.rows import BEST_COLUMNS
from orchestrator.monitor.tensorboard import STATUSES as SHOWN
from orchestrator.monitor.tensorboard import TAGS
from orchestrator.scheduling.epoch_row import ROW_FIELDS
from orchestrator.scheduling.ledger import RESULT_FIELDS
from orchestrator.scheduling.outcome import METRIC
from orchestrator.training.history import EpochRow
from orchestrator.training.stopping import Stop
from results.schema import EPOCHS, TRIALS
from results.statuses import ENDINGS, STATUSES

KINDS = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}


def columns(schema, names):
    return {name: schema.field(name).type for name in names}


def test_every_setting_of_a_trial_is_a_column_of_its_type_in_the_same_order():
    settings = {f.name: KINDS[type(f.default)] for f in dataclasses.fields(TrialConfig)}
    assert columns(TRIALS, settings) == settings
    assert [name for name in TRIALS.names if name in settings] == list(settings)


def test_every_number_of_an_epoch_is_a_column_and_the_other_way_round():
    numbers = {f.name: KINDS[f.type] for f in dataclasses.fields(EpochRow)}
    assert columns(EPOCHS, numbers) == numbers
    assert EPOCHS.names == ["trial", *numbers] == ["trial", *ROW_FIELDS]


@pytest.mark.parametrize("name", [*BEST_COLUMNS, METRIC])
def test_what_is_told_of_the_best_epoch_stands_in_both_tables(name):
    assert TRIALS.field(name).type == EPOCHS.field(name).type


def test_what_the_first_row_tells_is_a_column():
    assert set(RESULT_FIELDS) <= set(TRIALS.names)


def test_what_may_end_a_trial_by_itself_is_an_ending():
    assert set(typing.get_args(typing.get_type_hints(Stop)["kind"])) < set(ENDINGS)


def test_tensorboard_shows_epochs_columns_and_every_status():
    assert set(TAGS) <= set(EPOCHS.names)
    assert set(SHOWN) == set(STATUSES)
