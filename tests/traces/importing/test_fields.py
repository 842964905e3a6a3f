"""Values of strangers become ours, or nothing: never an error."""

import json
import math

from hypothesis import given

from mle_toolkit.traces.importing import fields
from tests.traces.importing.foreign import JSON


@given(value=JSON)
def test_any_value_becomes_a_field(value):
    """Whatever comes in, each helper gives its own type, and finite numbers."""
    assert isinstance(fields.text_of(value), str)
    assert isinstance(fields.word_of(value), str)
    assert len(fields.word_of(value)) <= 200
    assert isinstance(fields.dict_of(value), dict)
    assert isinstance(fields.list_of(value), list)
    assert fields.flag_of(value) in {True, False, None}
    for read in (fields.number_of, fields.seconds_of, fields.count_of):
        number = read(value)
        assert number is None or math.isfinite(number)
    time = fields.time_of(value)
    assert time is None or fields.time_of(time) == time
    assert len(fields.compact(value, 50)) <= 50
    note = fields.note_of(value)
    assert (note["kind"], type(note["text"])) == ("note", str)
    json.dumps(note)


def test_moments_of_all_units_are_the_same():
    """Seconds, milliseconds, microseconds and nanoseconds name one moment."""
    text = "2026-11-23T02:32:03.316+00:00"
    seconds = 1795401123.316
    for scale in (1, 10**3, 10**6, 10**9):
        assert fields.time_of(seconds * scale) == text
    assert fields.time_of("2026-11-23T03:32:03.316123456+01:00") == text
    assert fields.time_of("2026-11-23 02:32:03.316") == text
    assert fields.seconds_between("2026-11-23T02:32:00Z", text) == 3.316


def test_long_texts_are_cut_with_a_mark():
    """A cut text says that it was longer, within the limit."""
    assert fields.cut("x" * 10, 10) == "x" * 10
    assert fields.cut("x" * 11, 10) == "xxxx [cut]"
    assert len(fields.note_of({"a": "x" * 9000})["text"]) == fields.NOTE_CHARS
