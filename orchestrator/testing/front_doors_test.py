"""Any words and any bytes at a front door: a result, or a sentence within bounds.

More examples: HYPOTHESIS_EXAMPLES=10000.
"""

import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.pipeline import postprocess_request
from jobs import compare, prepare, refit
from orchestrator import request
from orchestrator.config import convert
from orchestrator.errors import BadInput
from orchestrator.process.error_line import sentence
from orchestrator.resumption import read_record
from orchestrator.search.tune_words import axis_from_text
from results.settings import SETTINGS
from results.store import DamagedResults, Store

EXAMPLES = int(os.environ.get("HYPOTHESIS_EXAMPLES", "50"))
LONGEST = 4_200
"""Letters of a sentence; some list what there is."""

COMMANDS = {
    "sweep": request.COMMAND,
    "prepare": prepare.COMMAND,
    "postprocess": postprocess_request.COMMAND,
    "refit": refit.COMMAND,
    "compare": compare.COMMAND,
}

few = settings(max_examples=EXAMPLES, deadline=None)
ODD = ["~", "~nobody-here/x", "a\0b", "../x", "b" * 300, "\ud800", "\udcff", "\x1b[31m"]
NUMBERS = ["9" * 5000, "-1", "nan", "1e999"]
texts = st.text(max_size=30) | st.sampled_from(ODD + NUMBERS)


def refused(call):
    """The sentence of a refusal; None where there was none. Anything else is raised."""
    try:
        call()
    except (BadInput, DamagedResults) as refusal:
        return sentence(refusal)
    except SystemExit:  # of --help alone
        return None
    return None


def is_in_bounds(text):
    return text is None or (
        0 < len(text) <= LONGEST and all(c.isprintable() or c == "\n" for c in text)
    )


def flags(command):
    return [name for action in command.parser()._actions for name in action.option_strings]


@pytest.mark.parametrize("name", COMMANDS)
@given(data=st.data())
@few
def test_any_words_are_a_request_or_a_sentence(name, data):
    command = COMMANDS[name]
    flag = st.sampled_from([each for each in flags(command) if each not in ("-h", "--help")])
    word = texts | flag | st.builds("{}={}".format, flag, texts)
    words = data.draw(st.lists(word, max_size=5))
    assert is_in_bounds(refused(lambda: command.read(words)))


@given(
    key=st.sampled_from([*SETTINGS, "no_setting"]),
    text=texts | st.text("0123456789.,-e ", max_size=20),
)
@few
def test_any_setting_is_an_axis_or_a_sentence(key, text):
    assert is_in_bounds(refused(lambda: axis_from_text(key, text)))


@given(
    key=st.sampled_from(list(SETTINGS)),
    value=st.none() | st.booleans() | st.integers() | st.floats() | texts | st.just(10**5000),
)
@few
def test_any_value_is_a_setting_or_a_sentence(key, value):
    assert is_in_bounds(refused(lambda: convert(key, value)))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=10,
)
identities = st.fixed_dictionaries({"seed": values, "space": values})
records = st.fixed_dictionaries(
    {},
    optional={
        "format": values,
        "identity": values | identities,
        "precision": values,
        "data": values,
        "backend": values,
    },
)


@given(content=st.binary(max_size=100) | values.map(json.dumps) | records.map(json.dumps))
@few
def test_any_record_of_a_sweep_is_read_or_refused(tmp_path_factory, content):
    folder = tmp_path_factory.getbasetemp() / "any_record"
    folder.mkdir(exist_ok=True)
    file = folder / "sweep.json"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert is_in_bounds(refused(lambda: read_record(Store(folder))))


@pytest.mark.parametrize("content", ["[" * 100_000, "9" * 5000, '"\\ud800"', "NaN", "\0"])
def test_records_that_json_s_reader_stumbles_over(tmp_path, content):
    (tmp_path / "sweep.json").write_text(content)
    text = refused(lambda: read_record(Store(tmp_path)))
    assert text is not None
    assert is_in_bounds(text)
