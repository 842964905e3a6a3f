import pytest

from mle_toolkit.store import AttemptFolder, write_json


@pytest.mark.parametrize(
    ("result", "number"),
    [
        (None, 3),
        ({"try": 2}, 2),
        ({"try": 9}, 3),
        ({"try": None}, 3),
        ("broken", 3),
    ],
)
def test_the_published_try_tells_of_an_attempt(tmp_path, result, number):
    """After a take-over an abandoned try may be newer; before a result none is."""
    attempt = AttemptFolder(tmp_path)
    assert attempt.telling_try() is None
    for name in ("try-1", "try-2", "try-3"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "claim").write_text("{}")
    if result == "broken":
        attempt.result_path.write_text("{")
    elif result is not None:
        write_json(attempt.result_path, result)
    assert attempt.telling_try().number == number
