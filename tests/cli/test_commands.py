"""The command line as a user meets it: real processes, exit codes, JSON."""

import json
import subprocess
import sys
import time

import pytest

from mle_toolkit import competitions
from tests.laboratory import GOOD, Lab

# On a slow machine the two minutes that any other test has are too short.
pytestmark = pytest.mark.timeout(600)

COMMANDS = [
    "run",
    "status",
    "stop",
    "resume",
    "extend",
    "grade",
    "report",
    "ls",
    "prepare",
    "import",
    "new",
    "check",
    "doctor",
    "watch",
    "annotate",
    "annotations",
    "export",
]


@pytest.fixture(scope="module", autouse=True)
def data(tmp_path_factory):
    """Prepared data of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLE_DATA", str(tmp_path_factory.mktemp("data")))
        yield competitions.prepare("digits")


@pytest.fixture
def lab(tmp_path):
    made = Lab(tmp_path)
    yield made
    made.end()


def mle(*words, cwd=None):
    command = [sys.executable, "-m", "mle_toolkit.cli", *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=cwd, timeout=300
    )


def mle_json(*words):
    done = mle(*words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command):
    """Each command says what it does and shows how."""
    done = mle(command, "--help")
    assert done.returncode == 0
    assert f"mle {command}" in done.stdout
    assert "--json" in done.stdout


def test_run_to_the_end(lab):
    """One command: planned, run, graded, shown; status, extend and stop follow."""
    out = lab.folder / "run"
    model = lab.model(GOOD)
    settings = ["--model", model, "--steps", 1, "--sandbox", "none", "--out", out]
    plan = mle_json("run", "digits", *settings, "-n", 2, "--dry-run")
    assert [item["seed"] for item in plan["attempts"]] == [0, 1]
    assert not out.exists()

    done = mle_json("run", "digits", *settings, "-n", 2, "--time-limit", "10m")
    assert done["complete"]
    assert done["states"] == {"graded": 2}
    assert {item["status"] for item in done["attempts"]} == {"finished"}
    assert all(
        item["score"] == pytest.approx(2.30259, abs=1e-4) for item in done["attempts"]
    )

    again = mle("run", "digits", *settings)
    assert again.returncode == 1
    assert "already" in again.stderr

    more = mle_json("extend", out, "-n", 1)
    assert more["total"] == 3
    assert mle_json("status", out)["complete"]
    assert mle_json("resume", out)["total"] == 3
    shown = mle("status", out)
    assert "3 attempts: 3 graded" in shown.stdout


def test_detached_run_is_stopped(lab):
    """A detached run goes on alone, and ends on a word."""
    out = lab.folder / "run"
    model = lab.model("import time\ntime.sleep(600)\n")
    settings = ["--model", model, "--sandbox", "none", "--out", out, "--detach"]
    assert mle_json("run", "digits", *settings, "-n", 3)["path"] == str(out)
    while mle_json("status", out)["states"].get("running", 0) < 2:
        time.sleep(0.1)
    mle_json("stop", out)
    while mle_json("status", out)["dispatching"]:
        time.sleep(0.1)
    status = mle_json("status", out)
    assert status["states"] == {"graded": 2, "pending": 1}
    assert {item["status"] for item in status["attempts"]} == {"stopped", "pending"}


def test_grade_and_its_exit_codes(data, tmp_path):
    """0: graded.  3: invalid, with the reason.  2: wrong usage."""
    sample = data.public / "sample_submission.csv"
    good = mle_json("grade", "digits", sample)
    assert good["valid"]
    assert good["medal"] is None
    bad = tmp_path / "bad.csv"
    bad.write_text("id,target\n1,2\n")
    done = mle("grade", "digits", bad)
    assert done.returncode == 3
    assert "missing" in done.stdout
    assert mle("grade", "digits", bad, "--json").returncode == 3
    wrong = mle("grade", "digit", sample)
    assert wrong.returncode == 2
    assert "did you mean 'digits'" in wrong.stderr
    assert mle("grade", "digits").returncode == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "digts"], "did you mean 'digits'"),
        (["run", "digits", "--agent", "treesearch"], "tree-search"),
        (["run", "digits", "--model", "gpt"], "offline"),
        (["run", "digits", "--time-limit", "soon"], "length of time"),
        (["run", "digits", "--sandbox", "docker"], "bwrap"),
        (["run", "digits", "--attempts", "0"], "1 or more"),
        (["run"], "Missing argument"),
        (["rn"], "run"),
    ],
)
def test_wrong_usage_is_a_sentence(words, said, tmp_path):
    """A mistake is exit code 2 and one sentence, and nothing is begun."""
    done = mle(*words, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "runs").exists()


def test_missing_run_folder_is_a_sentence(tmp_path):
    """A folder without an experiment is named."""
    for command in ("status", "stop", "resume", "extend", "report"):
        done = mle(command, tmp_path / "none")
        assert done.returncode == 1
        assert "no experiment" in done.stderr


def test_lists():
    """What exists can be listed, for people and for programs."""
    rows = mle_json("ls", "--split", "mini")
    assert {"digits", "breast-cancer", "doctor-visits"} <= {row["id"] for row in rows}
    assert [row["prepared"] for row in rows if row["id"] == "digits"] == [True]
    assert "offline" in mle_json("ls", "--agents")["models"]
    assert "digits" in mle("ls").stdout


def test_doctor_looks_at_everything():
    """Packages, box, keys, data and disk are each named."""
    done = mle("doctor", "--json")
    names = {row["name"] for row in json.loads(done.stdout)}
    assert {"python", "sandbox bwrap", "OPENAI_API_KEY", "free disk"} <= names


def test_version():
    """The version is the package's."""
    from mle_toolkit import __version__

    assert mle("--version").stdout.strip() == f"mle-toolkit {__version__}"


def test_a_competition_of_ones_own(tmp_path):
    """Made from a table, checked, graded by its folder; wrong wishes exit with 2."""
    rows = "".join(f"{n},{n % 7},{int(n > 30)}\n" for n in range(60))
    (tmp_path / "t.csv").write_text("a,b,y\n" + rows)
    words = ["new", "toy", "--data", tmp_path / "t.csv", "--target", "y"]
    words += ["--metric", "roc_auc", "--folder", tmp_path / "own", "--entrants", "10"]
    made = mle(*words)
    assert made.returncode == 0, made.stderr
    assert "with the same share of every class" in made.stdout
    assert f"export MLE_COMPETITIONS={tmp_path / 'own'}" in made.stdout
    folder = tmp_path / "own" / "toy"
    assert mle_json("check", folder) == {str(folder): []}
    sample = folder / "prepared" / "public" / "sample_submission.csv"
    assert mle_json("grade", folder, sample)["valid"] is True
    again = mle(*words)
    assert again.returncode == 2
    assert "exists already" in again.stderr
    assert mle("new", "x", "--target", "y", "--metric", "mae").returncode == 2


def test_a_strict_grade_refuses_what_the_reference_accepts(tmp_path):
    """Ids that are never compared: a warning by default, exit code 3 when strict."""
    name = "nomad2018-predict-transparent-conductors"
    header = "id,formation_energy_ev_natom,bandgap_energy_ev\n"
    (tmp_path / "a.csv").write_text(header + "1,0.1,1.0\n2,0.2,2.0\n")
    (tmp_path / "s.csv").write_text(header + "8,0.1,1.0\n9,0.2,2.0\n")
    words = ["grade", name, tmp_path / "s.csv", "--answers", tmp_path / "a.csv"]
    done = mle(*words)
    assert done.returncode == 0, done.stderr
    assert "warning: " in done.stdout
    assert mle(*words, "--strict").returncode == 3
