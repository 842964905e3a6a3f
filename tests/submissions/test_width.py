"""Files that are small, but whose table would be huge, are refused in time."""

import pytest

from mle_toolkit.errors import SubmissionError
from mle_toolkit.submissions import read_table
from mle_toolkit.submissions.width import check_width

MANY = b"," * 30_000
LONG = b"x" * 20_000


@pytest.mark.timeout(10)
@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize(
    "row",
    [
        MANY,
        b'x"' + MANY + b'x"',
        b'"x\n"' + MANY + b'"x"',
        b'"x""' + b'\n"' + MANY + b'"',
        b'"x"y"' + MANY + b'z"',
        b'1,"' + LONG + b'"' + MANY,
        b"1," + MANY + b'"',
        b"1,2\r" + MANY + b"\r1,2",
    ],
)
def test_fields_are_counted_where_the_parser_sees_them(row, lenient):
    """A quote opens a field only at its start, and a field may span lines."""
    with pytest.raises(SubmissionError, match="fields; 20000 are allowed"):
        check_width(b"id,y\n" + row + b"\n1,2\n", lenient=lenient)


@pytest.mark.parametrize(
    "row",
    [
        b'1,"' + MANY + b'"',
        b'1,"x""' + MANY + b'""y"',
        b'1,"\n' + MANY + b'\n"',
        b'"' + MANY + b'","' + MANY + b'"',
    ],
)
def test_commas_inside_a_quoted_field_are_not_counted(tmp_path, row):
    """The parser agrees: the row has two fields."""
    path = tmp_path / "s.csv"
    path.write_bytes(b"id,y\n" + row + b"\n")
    for lenient in (False, True):
        assert read_table(path, lenient=lenient).shape == (1, 2)


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "cell",
    [b'""' * 999_999, b'"",' * 500_000, b"\r" * 999_999, b'","' * 500_000],
)
def test_counting_takes_time_in_proportion_to_the_size(cell):
    """Megabytes of quotes, closed or not, are counted at once."""
    for data in (b'id,y\n1,"' + cell + b'"\n', b'id,y\n1,"' + cell + b"\n"):
        for lenient in (False, True):
            try:
                check_width(data, lenient=lenient)
            except SubmissionError as error:
                assert "are allowed" in str(error)  # noqa: PT017 - either will do


@pytest.mark.timeout(10)
@pytest.mark.parametrize("lines", [b"", b"\n", b" \t\r\n", b"\n\n\n"])
def test_rows_may_have_a_few_fields_more_than_the_header(tmp_path, lines):
    """The parser makes an index level of each, which thousands take minutes for."""
    path = tmp_path / "s.csv"
    path.write_bytes(lines + b'id,"y,\n"\n' + lines + b"7," * 100 + b"1,2\n")
    assert read_table(path, lenient=True).to_numpy().tolist() == [[1, 2]]
    path.write_bytes(lines + b'id,"y,\n"\n' + lines + b"7," * 101 + b"1,2\n")
    with pytest.raises(SubmissionError, match="103 fields, but the header has 2"):
        read_table(path, lenient=True)
    with pytest.raises(SubmissionError, match="more fields than the header"):
        read_table(path)
