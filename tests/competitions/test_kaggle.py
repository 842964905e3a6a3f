"""Kaggle is asked through its own package; here a server on loopback answers it."""

import http.server
import importlib.util
import io
import sys
import textwrap
import threading
import zipfile

import pytest
from kagglesdk import kaggle_http_client

from mle_toolkit.competitions import kaggle as ours
from mle_toolkit.competitions import load_card
from mle_toolkit.errors import MissingExtraError, NotPreparedError, UsageError

CACTUS = "aerial-cactus-identification"


def an_archive():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("train.csv", "id,has_cactus\n1,0\n")
    return buffer.getvalue()


@pytest.fixture
def server(monkeypatch, tmp_path):
    """Serve what a test puts into `answer`: a status and a body."""
    state = {"status": 200, "body": an_archive(), "asked": []}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers.get("Content-Length") or 0)
            state["asked"].append((self.path, self.rfile.read(length)))
            if state["status"] == 200:
                # As Kaggle does: the file itself lies in a store elsewhere.
                self.send_response(302)
                self.send_header("Location", "/store/bundle.zip?signature=0")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.answer(state["status"])

        def do_GET(self):
            self.answer(200)

        def answer(self, status):
            self.send_response(status)
            self.send_header("Content-Length", str(len(state["body"])))
            self.send_header("Content-Type", "application/zip")
            self.send_header("Last-Modified", "Tue, 03 Nov 2026 10:00:00 GMT")
            self.end_headers()
            self.wfile.write(state["body"])

        def log_message(self, *_):
            pass

    service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    monkeypatch.setattr(
        kaggle_http_client,
        "get_endpoint",
        lambda _: f"http://127.0.0.1:{service.server_address[1]}",
    )
    monkeypatch.setenv("KAGGLE_USERNAME", "somebody")
    monkeypatch.setenv("KAGGLE_KEY", "secret")
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path / "config"))
    yield state
    service.shutdown()
    service.server_close()


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("MLE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    return tmp_path / "data"


def test_a_download_is_kept_and_not_repeated(server, data):
    """The archive lies where MLE-bench looks for it; the next step is named."""
    fetched = ours.fetch(load_card(CACTUS), quiet=True)
    assert fetched.archive == data / CACTUS / f"{CACTUS}.zip"
    assert fetched.archive.read_bytes() == server["body"]
    assert not fetched.prepared
    assert "MLE-bench" in fetched.next_step
    assert any(CACTUS.encode() in body for _, body in server["asked"])
    n_asked = len(server["asked"])
    ours.fetch(load_card(CACTUS), quiet=True)
    assert len(server["asked"]) == n_asked


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "does not accept your key"),
        (403, f"kaggle.com/c/{CACTUS}/rules"),
        (404, "does not know the competition"),
        (500, "failed"),
    ],
)
def test_what_goes_wrong_is_said_with_what_to_do(server, status, said):
    """Keys, rules and servers that fail each have their own sentence."""
    server.update(status=status, body=b"{}")
    with pytest.raises(NotPreparedError, match=said):
        ours.fetch(load_card(CACTUS), quiet=True)


def test_half_an_archive_is_none(server):
    """What is no whole zip file is refused, and would be fetched again."""
    server["body"] = server["body"][:20]
    with pytest.raises(NotPreparedError, match="no whole archive"):
        ours.fetch(load_card(CACTUS), quiet=True)


def test_without_keys_it_says_where_to_get_them(monkeypatch, tmp_path):
    """No network is needed to find that out."""
    for name in ("KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path / "empty"))
    monkeypatch.setattr(sys, "argv", ["mle"])
    with pytest.raises(NotPreparedError, match="no key for Kaggle"):
        ours.fetch(load_card(CACTUS), quiet=True)


def test_only_competitions_of_kaggle_are_asked_for():
    """An offline competition is made, not fetched."""
    with pytest.raises(UsageError, match="mle prepare digits"):
        ours.fetch(load_card("digits"))


def test_without_the_package_the_extra_is_named(monkeypatch):
    """The error says what to install."""
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name: None if name == "kaggle" else find(name),
    )
    with pytest.raises(MissingExtraError, match=r"mle-toolkit\[kaggle\]"):
        ours.fetch(load_card(CACTUS))


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("works", [True, False])
def test_mlebench_prepares_when_it_is_installed(tmp_path, monkeypatch, works):
    """Its own command is called on the same folder, and its failure is told.

    MLE-bench is in no registry, so a package with the same command stands for it.
    """
    package = tmp_path / "site" / "mlebench"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    script = """
        import sys, pathlib
        assert sys.argv[1:4] == ["prepare", "-c", "aerial-cactus-identification"]
        home = pathlib.Path(sys.argv[5], sys.argv[3])
        assert (home / (sys.argv[3] + ".zip")).exists()
        if WORKS:
            for name in ("public/sample_submission.csv", "private/test.csv"):
                path = home / "prepared" / name
                path.parent.mkdir(parents=True)
                path.write_text("id,has_cactus\\n1,0\\n")
        else:
            sys.exit("checksums differ")
    """
    script = textwrap.dedent(script).replace("WORKS", str(works))
    (package / "cli.py").write_text(script)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    if works:
        assert ours.fetch(load_card(CACTUS), quiet=True).prepared
    else:
        with pytest.raises(NotPreparedError, match="checksums differ"):
            ours.fetch(load_card(CACTUS), quiet=True)
