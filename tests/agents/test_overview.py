"""The data overview: true, bounded, and safe on whatever lies in the folder."""

import os

import numpy as np
import pandas as pd
import pytest

from mle_toolkit.agents.overview import describe_folder
from mle_toolkit.competitions.images import write_png


def test_a_table_is_described(tmp_path):
    """Rows, columns, types, gaps and ranges are those of the table."""
    table = pd.DataFrame(
        {
            "id": range(30),
            "height": [1.5, None] * 15,
            "colour": ["red", "blue", "red"] * 10,
            "street": [f"s{i}" for i in range(30)],
            "story": ["once upon a time " * 5] * 30,
        }
    )
    table.to_csv(tmp_path / "train.csv", index=False)
    text = describe_folder(tmp_path)
    assert "== train.csv: 30 rows x 5 columns" in text
    assert "id | int64 | 0 | 30 | 0 to 29, median 14.5" in text
    assert "height | float64 | 15 | 1 | 1.5 to 1.5: 1.5" in text
    assert 'colour | str | 0 | 2 | "blue", "red"' in text
    assert '"s0", "s1", "s2", "s3", ...' in text
    assert "text of about 85 characters" in text


def test_numbered_columns_are_shown_as_one(tmp_path):
    """A wide table of pixels takes one line."""
    pixels = pd.DataFrame(
        np.arange(200).reshape(2, 100), columns=[f"p{i:02d}" for i in range(100)]
    )
    pixels.to_csv(tmp_path / "train.csv", index=False)
    text = describe_folder(tmp_path)
    assert "p00 to p99 (100 columns) | int64 | 0 in all | 2 to 2 | 0 to 199" in text


def test_dates_show_where_they_begin_and_end(tmp_path):
    """A column of dates is told by its range, however they are ordered."""
    days = [f"2024-0{i % 9 + 1}-{i % 28 + 1:02d}" for i in range(40)]
    table = pd.DataFrame({"day": days, "at": [f"{day} 10:30" for day in days]})
    table.to_csv(tmp_path / "train.csv", index=False)
    text = describe_folder(tmp_path)
    assert f'| "{min(days)}" to "{max(days)}"\n' in text
    assert f'| "{min(days)} 10:30" to "{max(days)} 10:30"' in text


def test_arrays_are_told_by_their_headers(tmp_path):
    """Shape and type of arrays, alone and in archives; broken ones are named."""
    np.save(tmp_path / "train.npy", np.zeros((3, 4, 5), np.uint8))
    np.savez_compressed(tmp_path / "all.npz", a=np.zeros(7), b=np.float32(1))
    np.save(tmp_path / "odd.npy", np.array([{}, None]), allow_pickle=True)
    (tmp_path / "noise.npy").write_bytes(bytes(range(256)))
    (tmp_path / "noise.npz").write_bytes(b"PK" + bytes(99))
    text = describe_folder(tmp_path)
    assert "== train.npy: array, 3 x 4 x 5, uint8" in text
    assert "== all.npz: 2 arrays\na: array, 7, float64\nb: array, a single" in text
    assert "== odd.npy: array, 2, object" in text
    assert "== noise.npy: cannot be read as an array: " in text
    assert "== noise.npz: cannot be read as an array: " in text


def test_a_header_is_all_that_is_read_of_an_array(tmp_path):
    """An array larger than the memory is described at once."""
    with (tmp_path / "huge.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<f8", "fortran_order": False, "shape": (10**6, 10**6)}
        )
    assert "== huge.npy: array, 1000000 x 1000000, float64" in describe_folder(tmp_path)


def test_pictures_are_told_by_their_first(tmp_path):
    """Number, size and colours of the PNG files in each folder."""
    (tmp_path / "train").mkdir()
    for number in range(3):
        write_png(tmp_path / "train" / f"{number}.png", [[0, 1, 2], [3, 4, 5]])
    (tmp_path / "broken.png").write_bytes(b"\x89PNG")
    text = describe_folder(tmp_path)
    told = "== train/: 3 PNG files; 0.png has 2 rows x 3 columns, 8-bit grey"
    assert told in text
    assert "== this folder" not in text


def test_the_sample_shows_its_first_rows_and_comes_last(tmp_path):
    """The sample submission is shown as it is, after the other tables."""
    (tmp_path / "sample.csv").write_text("id,y\n1,0\n2,0\n3,0\n4,0\n")
    (tmp_path / "test.csv").write_text("id\n1\n")
    (tmp_path / "train.csv").write_text("id,y\n1,0\n")
    text = describe_folder(tmp_path, sample="sample.csv")
    assert "first rows\nid,y\n1,0\n2,0\n3,0" in text
    assert "4,0" not in text
    places = [text.index(f"== {name}") for name in ("train", "test", "sample")]
    assert places == sorted(places)


def test_odd_files_are_named_and_not_opened(tmp_path):
    """Links, pipes and broken tables leave a line, no content and no hang."""
    secret = tmp_path / "secret.csv"
    secret.write_text("id,answer\n1,42424242\n")
    public = tmp_path / "public"
    public.mkdir()
    (public / "link.csv").symlink_to(secret)
    (public / "folder").symlink_to(tmp_path)
    os.mkfifo(public / "pipe.csv")
    (public / "noise.csv").write_bytes(bytes(range(256)) * 50)
    (public / "empty.csv").write_text("")
    (public / "notes.txt").write_bytes(b"caf\xe9\x00\n" + b"x" * 10_000)
    (public / "bad\udcff.csv").write_text("a\n1\n")
    (public / "ragged.csv").write_text("a,b\n1,2,3\n4\n5,6\n")
    (public / "quote.csv").write_text('a\n"never closed\n')
    text = describe_folder(public)
    assert "link.csv: not a plain file" in text
    assert "pipe.csv: not a plain file" in text
    assert "42424242" not in text
    assert "empty.csv: cannot be read as a table" in text
    assert "ragged.csv: 3 rows x 2 columns" in text
    text.encode("utf-8")


def test_it_is_bounded(tmp_path):
    """Many files, wide tables and long values do not make it long."""
    for number in range(300):
        (tmp_path / f"image_{number}.png").write_bytes(b"")
    wide = pd.DataFrame([["v" * 500] * 300], columns=[f"c{i}x" * 9 for i in range(300)])
    wide.to_csv(tmp_path / "train.csv", index=False)
    (tmp_path / "line.txt").write_text("y" * 100_000)
    text = describe_folder(tmp_path, max_chars=5000)
    assert len(text) <= 5000
    assert "301 x" in text or "300 x .png" in text
    assert text.endswith("(the overview is cut here)")


def test_long_tables_are_judged_by_their_first_part(tmp_path):
    """The number of rows is estimated, and said to be."""
    with (tmp_path / "train.csv").open("w") as file:
        file.write("a\n")
        file.writelines(f"{i % 10}\n" for i in range(50_000))
    text = describe_folder(tmp_path)
    assert "about 50000 rows" in text
    assert "from the first 20000 rows" in text


def test_names_cannot_break_the_lines(tmp_path):
    """A column's name with the separator or a line break is quoted."""
    odd = pd.DataFrame([[1, 2, 3]], columns=["a | b", "c\nd", " e"])
    odd.to_csv(tmp_path / "train.csv", index=False)
    text = describe_folder(tmp_path)
    assert '"a | b" | int64' in text
    assert '"c\\nd" | int64' in text
    assert '" e" | int64' in text


def test_time_is_kept(tmp_path):
    """After the time limit tables are listed only."""
    (tmp_path / "train.csv").write_text("a\n1\n")
    assert "not read, to save time" in describe_folder(tmp_path, time_limit_s=-1)


@pytest.mark.parametrize("exists", [True, False])
def test_nothing_there(tmp_path, exists):
    """An empty or missing folder is said to be empty."""
    folder = tmp_path if exists else tmp_path / "missing"
    assert describe_folder(folder) == "The folder is empty."
