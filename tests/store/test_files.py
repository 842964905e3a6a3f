import json
import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.errors import StoreError
from mle_toolkit.store import (
    copy_regular,
    open_plain,
    parse_json,
    publish_once,
    read_json,
    write_json,
)
from mle_toolkit.store.files import DEEPEST_JSON


def test_write_replaces_and_leaves_nothing_behind(tmp_path):
    """A rewritten file holds the new content, and no temporary file stays."""
    target = tmp_path / "a.json"
    write_json(target, {"n": 1})
    write_json(target, {"n": 2})
    assert read_json(target) == {"n": 2}
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_failed_write_keeps_the_old_file(tmp_path):
    """When the new content cannot be written, the old one is still whole."""
    target = tmp_path / "a.json"
    write_json(target, {"n": 1})
    loop: list = []
    loop.append(loop)
    with pytest.raises(ValueError, match="Circular"):
        write_json(target, loop)
    assert read_json(target) == {"n": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_publish_has_one_winner(tmp_path):
    """Of many that publish at once, exactly one does."""
    target = tmp_path / "result.json"
    wins = []
    gate = threading.Barrier(8)

    def run(number):
        gate.wait()
        if publish_once(target, {"by": number}):
            wins.append(number)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wins) == 1
    assert read_json(target) == {"by": wins[0]}
    assert [p.name for p in tmp_path.iterdir()] == ["result.json"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[1]", "must hold a JSON object"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_read_json_says_what_is_wrong(tmp_path, content, reason):
    """Damaged JSON gives one typed error that names the file."""
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=reason) as caught:
        read_json(path)
    assert "x.json" in str(caught.value)


def test_copy_is_exact(tmp_path):
    """A plain file arrives byte by byte, with its size and hash."""
    import hashlib

    data = os.urandom(3_000_000)
    (tmp_path / "in.csv").write_bytes(data)
    size, digest = copy_regular(
        tmp_path, "in.csv", tmp_path / "out.csv", max_bytes=4_000_000
    )
    assert (tmp_path / "out.csv").read_bytes() == data
    assert (size, digest) == (len(data), hashlib.sha256(data).hexdigest())


def test_copy_refuses_what_is_no_plain_file(tmp_path):
    """Links, pipes, folders, paths and large files are refused, without waiting."""
    secret = tmp_path / "secret"
    secret.write_text("answers")
    box = tmp_path / "box"
    box.mkdir()
    (box / "link.csv").symlink_to(secret)
    (box / "folder.csv").mkdir()
    os.mkfifo(box / "pipe.csv")
    (box / "large.csv").write_bytes(b"x" * 100)
    names = ["link.csv", "folder.csv", "pipe.csv", "large.csv", "none.csv"]
    for name in [*names, "../secret", "", ".."]:
        with pytest.raises(StoreError):
            copy_regular(box, name, tmp_path / "out.csv", max_bytes=99)
        assert not (tmp_path / "out.csv").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["box", "secret"]


def test_values_that_json_lacks_are_written_as_text(tmp_path):
    """A path in a record does not lose the record."""
    write_json(tmp_path / "a.json", {"p": tmp_path})
    assert json.loads((tmp_path / "a.json").read_text()) == {"p": str(tmp_path)}


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "device"])
def test_only_plain_files_are_opened(tmp_path, kind):
    """A link, which may lead to a secret, or a pipe is an error, and never waits."""
    secret = tmp_path / "secret.json"
    secret.write_text('{"secret": 1}')
    path = tmp_path / "x.json"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(secret if kind == "link" else "/dev/zero")
    with pytest.raises(OSError, match="not a plain file"):
        open_plain(path)
    with pytest.raises(StoreError, match=r"x.json cannot be read: it is not a plain"):
        read_json(path)


@given(depth=st.integers(1, 200), wide=st.integers(0, 150))
def test_json_is_read_down_to_a_depth(depth, wide):
    """Only depth counts, so that readers may recurse; width does not."""
    text = "[" * depth + "]" * depth + ",[]" * wide
    if depth + 1 <= DEEPEST_JSON:
        assert len(parse_json(f"[{text}]".encode())) == wide + 1
    else:
        with pytest.raises(ValueError, match="nests deeper than 100"):
            parse_json(f"[{text}]".encode())
