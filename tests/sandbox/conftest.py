from contextlib import contextmanager

import pytest

from mle_toolkit.errors import SandboxError
from mle_toolkit.sandbox import open_box, require


@pytest.fixture(scope="session")
def bwrap():
    """Skip where bubblewrap does not work; CI has it."""
    try:
        require("bwrap")
    except SandboxError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def make_box(tmp_path_factory):
    """Return a function that opens a box in a fresh folder."""

    @contextmanager
    def make(kind, **limits):
        root = tmp_path_factory.mktemp("box")
        public = root / "public"
        public.mkdir()
        (public / "train.csv").write_text("id,y\n1,2\n")
        (root / "private").mkdir()
        (root / "private" / "answers.csv").write_text("secret\n")
        with open_box(
            kind,
            workspace=root / "try" / "workspace",
            inputs=public,
            scratch=root / "try" / "scratch",
            **limits,
        ) as box:
            box.root = root
            yield box

    return make


@pytest.fixture(scope="module")
def boxed(request, make_box):
    """A bubblewrap box that the tests of a module share."""
    request.getfixturevalue("bwrap")
    with make_box("bwrap", memory_mib=1024, output_mib=4) as box:
        yield box


@pytest.fixture(scope="module")
def plain(make_box):
    """An unconfined box that the tests of a module share."""
    with make_box("none", memory_mib=1024, output_mib=4) as box:
        yield box


@pytest.fixture(params=["bwrap", "none"])
def box(request):
    """Each kind of box in turn."""
    return request.getfixturevalue({"bwrap": "boxed", "none": "plain"}[request.param])
