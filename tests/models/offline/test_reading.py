"""The offline model sees in a prompt what is there, and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.models import Message
from mle_toolkit.models.offline.overview import (
    Picture,
    read_arrays,
    read_pictures,
    read_tables,
)
from mle_toolkit.models.offline.reading import read_brief, sections, unfenced

OVERVIEW = """Files (2):
- train.csv: 1 kB

== train.csv: about 12000 rows x 9 columns (what follows is from the first part)
column | type | missing | distinct | values
p0 to p3 (4 columns) | int64 | 8 in all | 1 to 17 | 0 to 255
"a | b" | float64 | 3 | 40 | -1.5 to 2e+06, median 0
when | str | 0 | 90 | "2024-01-01", "2024-01-02", ...
story | str | 0 | 90 | text of about 85 characters, such as "once | upon"
colour | str | 2 | 2 | "blue", "red"
street | str | 0 | 80 | "s0", "s1", ...
this line is not understood

== test.csv: cannot be read as a table: no
== sample.csv: 5 rows x 2 columns, first rows
id,y
1,0
"""


def test_an_overview_is_read():
    """Groups, quoted names, kinds of columns, gaps and ranges."""
    tables = read_tables(OVERVIEW)
    assert set(tables) == {"train.csv", "sample.csv"}
    train = tables["train.csv"]
    assert train.rows == 12_000
    group, odd, when, story, colour, street = train.columns
    assert (group.first, group.last, group.count) == ("p0", "p3", 4)
    assert (group.missing, group.distinct, group.high) == (8, 1, 255)
    assert (odd.first, odd.low, odd.high) == ("a | b", -1.5, 2e6)
    assert [c.kind for c in (when, story, colour, street)] == [
        "date",
        "text",
        "words",
        "code",
    ]
    assert tables["sample.csv"].columns == ()


def test_arrays_and_pictures_are_read():
    """Shapes of arrays by how to get at them, and pictures by folder."""
    text = (
        "== train.npy: array, 80 x 25 x 25, uint8\n\n== a.npz: 2 arrays\n"
        "x: array, 3 x 4 x 4 x 3, float32\ny: array, 3, int64\n"
        "== b.csv: 1 rows x 1 columns\nz: array, 9, int64\n"
        "== train/: 46 PNG files; 1.png has 28 rows x 44 columns, 8-bit grey\n"
        "== this folder: 2 PNG files; 2.png has 8 rows x 9 columns, 8-bit RGB\n"
    )
    arrays = read_arrays(text)
    assert arrays == {
        "train.npy": (80, 25, 25),
        "a.npz:x": (3, 4, 4, 3),
        "a.npz:y": (3,),
    }
    assert read_pictures(text) == {
        "train": Picture(rows=28, columns=44, is_grey=True),
        "this folder": Picture(rows=8, columns=9, is_grey=False),
    }


def test_the_sample_keeps_its_rows():
    """Where the first rows are shown, they are kept; elsewhere the columns are."""
    tables = read_tables(OVERVIEW)
    assert tables["sample.csv"].first_rows == ("id,y", "1,0")
    assert tables["train.csv"].first_rows == ()


@given(st.text(max_size=200))
def test_any_text_can_be_read(text):
    """A prompt of another kind gives an empty brief, never an error."""
    read_tables(f"== train.csv: 1 rows x 1 columns\n{text}")
    read_arrays(f"== a.npz: 1 arrays\n{text}")
    read_pictures(text)
    brief = read_brief([Message("user", text), Message("user", f"# Rules\n{text}")])
    assert brief.program is None
    sections(text)
    unfenced(text)


def test_sections_respect_fences():
    """A heading inside of a fence is part of the text."""
    text = "# A\n\n```\n# B\n```\n\n# C\nc"
    assert sections(text) == {"A": "```\n# B\n```", "C": "c"}
    assert unfenced("before\n````py\n```\nx\n````\nafter") == "```\nx\n"


def test_the_whole_prompt(cases):
    """What the agents' prompt says arrives, for columns with odd names too."""
    brief = read_brief(cases["several"].prompt())
    assert brief.targets == ("a|b", 'c "d"')
    assert brief.id_column == "row"
    assert brief.metric == "mean_absolute_error"
    assert brief.lower_is_better
    assert (brief.steps, brief.run_limit_s, brief.time_left_s) == (4, 60, 300)
    assert "x|0" in brief.tables["train.csv"].names
