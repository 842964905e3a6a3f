"""What a program in the bubblewrap box cannot do."""

import platform
import subprocess
import sys

import pytest

from mle_toolkit.sandbox import bubblewrap, open_box, probe
from mle_toolkit.sandbox.seccomp import filter_program
from tests.laboratory import until


def said(box, code):
    done = box.run_python(code, timeout_s=60)
    return done.output.strip().splitlines()[-1] if done.output.strip() else ""


@pytest.fixture
def box(boxed):
    return boxed


def test_no_network(box):
    """A server on the host's loopback cannot be reached."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port}))"
        assert "ConnectionRefusedError" in said(box, code)
    assert said(box, "import socket; print(socket.if_nameindex())") == "[(1, 'lo')]"


def test_answers_do_not_exist(box):
    """The private folder is not in the file system at all."""
    private = box.root / "private" / "answers.csv"
    assert "FileNotFoundError" in said(box, f"open({str(private)!r})")
    code = (
        "import os\n"
        "hits = [d for d, _, files in os.walk('/') if 'answers.csv' in files]\n"
        "print(hits)\n"
    )
    assert said(box, code) == "[]"


def test_input_is_read_only(box):
    """Inputs cannot be changed, removed or replaced."""
    for code in (
        "open('input/train.csv', 'a')",
        "import os; os.remove('input/train.csv')",
        "import os; os.rename('input', 'other')",
    ):
        assert "Error" in said(box, code)


def test_nothing_else_is_writable(box):
    """Only the workspace, the temporary folder and shared memory take files."""
    code = (
        "import os\n"
        "open_ = []\n"
        "library = os.path.dirname(os.__file__)\n"
        "for d in ['/', '/usr', '/etc', '/dev', '/box', '/proc', library]:\n"
        "    try:\n"
        "        open(d + '/x', 'w'); open_.append(d)\n"
        "    except OSError:\n"
        "        pass\n"
        "for d in ['.', '/tmp', '/dev/shm']:\n"
        "    open(d + '/x', 'w')\n"
        "print(open_)\n"
    )
    assert said(box, code) == "[]"


def test_user_is_not_root(box):
    """Root on the host is nobody in the box, and cannot come back."""
    code = (
        "import os\n"
        "try:\n    os.setuid(0); back = True\n"
        "except OSError:\n    back = False\n"
        "print(os.getuid() != 0, os.getgroups(), back)\n"
    )
    assert said(box, code).startswith("True")
    assert said(box, code).endswith("False")


def test_other_processes_are_invisible(box):
    """No process of the host shows in the process table."""
    code = (
        "import os\n"
        "numbers = [p for p in os.listdir('/proc') if p.isdigit()]\n"
        "names = [open(f'/proc/{p}/cmdline').read() for p in numbers]\n"
        "print(len(names) < 10, any('pytest' in n for n in names))\n"
    )
    assert said(box, code) == "True False"


def test_packages_are_there_but_not_their_data(box):
    """Libraries work; the data files that they bundle are hidden."""
    works = "import sklearn, statsmodels.api, skimage.io, skimage.filters; print('ok')"
    assert said(box, works) == "ok"
    for code in (
        "from sklearn.datasets import load_digits; load_digits()",
        "from sklearn.datasets import load_breast_cancer; load_breast_cancer()",
        "from sklearn.datasets import load_wine; load_wine()",
        "from sklearn.datasets import load_diabetes; load_diabetes()",
        "import statsmodels.api as sm; sm.datasets.randhie.load_pandas()",
        "import statsmodels.api as sm; sm.datasets.anes96.load_pandas()",
        "import statsmodels.api as sm; sm.datasets.star98.load_pandas()",
        "import statsmodels.api as sm; sm.datasets.co2.load_pandas()",
        "from skimage import data; data.lfw_subset()",
        "from skimage import data; data.page()",
        "from skimage import data; data.text()",
    ):
        assert "Error" in said(box, code)


def test_toolkit_is_not_there(box):
    """Cards, leaderboards and preparation are out of sight."""
    assert "ModuleNotFoundError" in said(box, "import mle_toolkit")


def test_large_bundled_files_are_nowhere(box):
    """A walk over the whole box finds no copy of a data file we build upon."""
    code = (
        "import os\n"
        "names = {'digits.csv.gz', 'breast_cancer.csv', 'wine_data.csv',\n"
        "    'diabetes_data_raw.csv.gz', 'diabetes_target.csv.gz', 'randhie.csv',\n"
        "    'anes96.csv', 'star98.csv', 'star98.dat', 'co2.csv', 'maunaloa_c.dat',\n"
        "    'lfw_subset.npy', 'page.png', 'text.png'}\n"
        "found = [f'{d}/{f}' for d, _, fs in os.walk('/') for f in fs if f in names]\n"
        "hits = [path for path in found if os.path.getsize(path)]\n"
        "print(hits)\n"
    )
    assert said(box, code) == "[]"


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.memfd_create('x')",
        "check(libc.shmget(0, 4096, 0o1600))",
        "check(libc.unshare(0x10000000))",
        "check(libc.syscall(250, 1, 0, 0, 0))",
    ],
)
@pytest.mark.may_skip("the filter is written for two kinds of machine")
def test_memory_and_rights_beyond_the_limits_are_refused(box, code):
    """Memory of no process, new namespaces and key rings are out of reach."""
    if platform.machine() != "x86_64":
        pytest.skip("the numbers of these calls are those of x86_64")
    check = (
        "import ctypes\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "def check(n):\n"
        "    if n == -1: raise PermissionError(ctypes.get_errno())\n"
    )
    assert "PermissionError" in said(box, check + code)


def test_threads_and_processes_work_under_the_filter(box):
    """What training needs is not refused."""
    code = (
        "from sklearn.ensemble import RandomForestClassifier as R\n"
        "from joblib import Parallel, delayed\n"
        "import numpy as np\n"
        "R(n_jobs=2).fit(np.random.rand(50, 3), [0, 1] * 25)\n"
        "print(Parallel(n_jobs=2)(delayed(abs)(i) for i in (-1, -2)))\n"
    )
    assert said(box, code) == "[1, 2]"


def test_filter_is_known_for_common_machines():
    """The filter exists for x86_64 and arm64, and is left out elsewhere."""
    assert len(filter_program("x86_64")) == len(filter_program("aarch64")) > 20
    assert filter_program("riscv64") == []


@pytest.mark.usefixtures("bwrap")
def test_input_that_became_a_link_is_made_anew(tmp_path):
    """A tampered workspace cannot redirect the next box."""
    (tmp_path / "public").mkdir()
    (tmp_path / "t" / "w").mkdir(parents=True)
    (tmp_path / "t" / "w" / "input").symlink_to("/etc")
    with open_box(
        "bwrap",
        workspace=tmp_path / "t" / "w",
        inputs=tmp_path / "public",
        scratch=tmp_path / "t" / "s",
    ) as box:
        assert said(box, "import os; print(os.listdir('input'))") == "[]"


@pytest.mark.usefixtures("bwrap")
def test_box_dies_with_its_parent(tmp_path):
    """When the process that opened a box is killed, nothing in it goes on."""
    inner = "import os, time; os.system('setsid sleep 4712 &'); time.sleep(600)"
    program = (
        "from pathlib import Path\n"
        "from mle_toolkit.sandbox import open_box\n"
        f"root = Path({str(tmp_path)!r}); (root / 'public').mkdir()\n"
        "box = open_box('bwrap', workspace=root / 't/w', inputs=root / 'public',"
        " scratch=root / 't/s')\n"
        "print('ready', flush=True)\n"
        f"box.run_python({inner!r}, timeout_s=600)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout.readline() == "ready\n"
    until(lambda: running("4712"))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until(lambda: not running("4712"))


def running(word):
    search = ["pgrep", "-f", f"sleep {word}$"]
    return bool(subprocess.run(search, capture_output=True, check=False).stdout)


@pytest.mark.usefixtures("bwrap")
def test_probe_reports_what_holds():
    """The probe's words match what the box does."""
    found = probe("bwrap")
    assert found.works
    assert "input: read-only" in found.detail


@pytest.mark.usefixtures("bwrap")
def test_command_names_no_host_secret(tmp_path, monkeypatch):
    """No key of ours stands on the command line or in its environment."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret")
    for name in ("w", "s", "p"):
        (tmp_path / name).mkdir()
    command = bubblewrap.command(
        workspace=tmp_path / "w", inputs=tmp_path / "p", scratch=tmp_path / "s", cpus=1
    )
    assert "sk-secret" not in str(command)
