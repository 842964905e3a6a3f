"""Graders of labels, lists and texts at the sizes of their competitions.

Each is compared with a plain formulation: pandas sorts both tables by id, then
scikit-learn scores, or a loop where scikit-learn has no such metric.
``benchmarks/graders.py`` runs it.
"""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from rapidfuzz.distance import Levenshtein
from sklearn import metrics
from sklearn.preprocessing import MultiLabelBinarizer

from mle_toolkit.competitions import load_card
from mle_toolkit.competitions.protocols import get_protocol
from mle_toolkit.competitions.protocols.entry import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Cells = Sequence[Any]
    Score = Callable[[pd.Series, pd.Series], Any]

_ROUNDS = 3
_SHARE_RIGHT = 0.7


def cases() -> Iterator[tuple[str, int, Callable[[], object], Callable[[], object]]]:
    """Yield a name, the number of rows, our grader and the plain formulation.

    The rows of every submission are in another order than those of the answers.
    """
    rng = np.random.default_rng(0)
    for competition, truth, guess, plain in _material(rng):
        entry = _entry(competition, truth, guess, rng)
        yield (
            competition,
            len(entry.submission),
            _ours(entry),
            _plain(entry, plain),
        )
    entry = _questions(60_000, rng)
    yield entry.card.id, len(entry.submission), _ours(entry), _plain_spans(entry)


def _material(
    rng: np.random.Generator,
) -> Iterator[tuple[str, Cells, Cells, Score]]:
    """Yield competition, answers, predictions and the plain metric."""
    for competition, rows, classes, plain in (
        ("cdiscount-image-classification-challenge", 700_000, 5_270, _accuracy),
        ("tabular-playground-series-dec-2021", 400_000, 7, _accuracy),
        ("learning-agency-lab-automated-essay-scoring-2", 100_000, 6, _kappa),
        ("herbarium-2022-fgvc9", 210_000, 15_501, _f1_macro),
        ("inaturalist-2019-fgvc6", 100_000, 1_010, _error),
        ("nfl-player-contact-detection", 500_000, 2, _mcc),
    ):
        truth = rng.integers(0, classes, rows)
        guess = rng.integers(0, classes, rows)
        yield (
            competition,
            truth,
            np.where(rng.random(rows) < _SHARE_RIGHT, truth, guess),
            plain,
        )
    words = np.array([f"word{number}" for number in range(5_000)], object)
    truth = words[rng.integers(0, 5_000, 990_000)]
    guess = np.where(rng.random(990_000) < _SHARE_RIGHT, truth, "sil")
    yield "text-normalization-challenge-english-language", truth, guess, _accuracy
    yield "paddy-disease-classification", truth[:100_000], guess[:100_000], _accuracy
    yield "plant-seedlings-classification", truth[:100_000], guess[:100_000], _accuracy
    yield from _lists(rng, words)
    yield from _texts(rng, words)


def _lists(
    rng: np.random.Generator, words: np.ndarray
) -> Iterator[tuple[str, Cells, Cells, Score]]:
    truth = words[rng.integers(0, 5_000, 100_000)]
    yield "hotel-id-2021-fgvc8", truth, _joined(rng, words, 100_000, 5, 5), _map_at(5)
    yield (
        "h-and-m-personalized-fashion-recommendations",
        _joined(rng, words, 500_000, 1, 8),
        _joined(rng, words, 500_000, 12, 12),
        _map_at(12),
    )
    truth = _joined(rng, words, 600_000, 1, 5)
    guess = np.where(
        rng.random(600_000) < _SHARE_RIGHT, truth, _joined(rng, words, 600_000, 1, 5)
    )
    yield "facebook-recruiting-iii-keyword-extraction", truth, guess, _f1_micro
    orders = [
        [f"{number:08x}" for number in rng.integers(0, 1 << 32, size)]
        for size in rng.integers(5, 90, 20_000)
    ]
    shuffled = [" ".join(rng.permutation(order)) for order in orders]
    yield "AI4Code", [" ".join(order) for order in orders], shuffled, _kendall
    sequences = [
        [
            " ".join(map(str, rng.integers(1, 21, size)))
            for size in rng.integers(8, 20, 20_000)
        ]
        for _ in range(2)
    ]
    yield "multi-modal-gesture-recognition", *sequences, _gestures


def _texts(
    rng: np.random.Generator, words: np.ndarray
) -> Iterator[tuple[str, Cells, Cells, Score]]:
    truth = _joined(rng, words, 300_000, 5, 30)
    guess = np.array([text[: len(text) // 2] + text[-5:] for text in truth], object)
    yield "chaii-hindi-and-tamil-question-answering", truth, guess, _jaccard
    yield "tweet-sentiment-extraction", truth, guess, _jaccard
    yield "billion-word-imputation", truth, guess, _levenshtein
    yield "bms-molecular-translation", truth, guess, _levenshtein


def _joined(
    rng: np.random.Generator, words: np.ndarray, rows: int, least: int, most: int
) -> np.ndarray:
    sizes = rng.integers(least, most + 1, rows)
    ends = np.cumsum(sizes)
    flat = words[rng.integers(0, len(words), ends[-1])]
    texts = np.empty(rows, object)
    texts[:] = [
        " ".join(flat[end - size : end]) for end, size in zip(ends, sizes, strict=True)
    ]
    return texts


def _entry(
    competition: str, truth: Cells, guess: Cells, rng: np.random.Generator
) -> Entry:
    card = load_card(competition)
    ids = [f"{number:016x}" for number in rng.integers(0, 1 << 62, len(truth))]
    name, target = card.id_column, card.target_columns[0]
    answers = _as_read(pd.DataFrame({name: ids, target: truth}))
    submission = _as_read(pd.DataFrame({name: ids, target: guess}))
    return Entry(submission=_shuffled(submission, rng), answers=answers, card=card)


def _as_read(table: pd.DataFrame) -> pd.DataFrame:
    texts = [name for name in table if not pd.api.types.is_numeric_dtype(table[name])]
    return table.astype(dict.fromkeys(texts, object))


def _shuffled(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return table.iloc[rng.permutation(len(table))].reset_index(drop=True)


def _questions(rows: int, rng: np.random.Generator) -> Entry:
    starts = rng.integers(-1, 500, rows // 2).tolist()
    spans = [{"start_token": start, "end_token": start + 9} for start in starts]
    answers = pd.DataFrame(
        {
            "example_id": [str(number) for number in range(rows // 2)],
            "annotations": [
                [{"long_answer": span, "short_answers": [], "yes_no_answer": "NONE"}]
                for span in spans
            ],
        }
    )
    ids = [
        f"{number}{end}" for number in range(rows // 2) for end in ("_long", "_short")
    ]
    guess = [
        text
        for start in starts
        for text in (f"{start}:{start + 9}", rng.choice(["", "YES"]))
    ]
    submission = _as_read(pd.DataFrame({"example_id": ids, "PredictionString": guess}))
    card = load_card("tensorflow2-question-answering")
    return Entry(submission=_shuffled(submission, rng), answers=answers, card=card)


def _ours(entry: Entry) -> Callable[[], object]:
    grader = get_protocol(entry.card.protocol)
    return lambda: grader(entry).score


def _plain(entry: Entry, score: Score) -> Callable[[], object]:
    name, target = entry.card.id_column, entry.card.target_columns[0]

    def graded() -> object:
        given = entry.submission.sort_values(name)
        wanted = entry.answers.sort_values(name)
        if (given[name].to_numpy() != wanted[name].to_numpy()).any():
            raise ValueError(name)
        return score(wanted[target], given[target])

    return graded


def _accuracy(truth: pd.Series, guess: pd.Series) -> Any:
    return metrics.accuracy_score(truth.to_numpy(), guess.to_numpy())


def _error(truth: pd.Series, guess: pd.Series) -> Any:
    return 1 - _accuracy(truth, guess)


def _kappa(truth: pd.Series, guess: pd.Series) -> Any:
    return metrics.cohen_kappa_score(
        truth.to_numpy(), guess.to_numpy(), weights="quadratic"
    )


def _f1_macro(truth: pd.Series, guess: pd.Series) -> Any:
    return metrics.f1_score(truth.to_numpy(), guess.to_numpy(), average="macro")


def _mcc(truth: pd.Series, guess: pd.Series) -> Any:
    return metrics.matthews_corrcoef(truth.to_numpy(), guess.to_numpy())


def _map_at(most: int) -> Score:
    def score(truth: pd.Series, guess: pd.Series) -> Any:
        return np.mean(
            [
                _average_precision(set(items.split(" ")), given.split(" ")[:most], most)
                for items, given in zip(truth, guess, strict=True)
            ]
        )

    return score


def _average_precision(items: set[str], given: list[str], most: int) -> float:
    n_right, total = 0, 0.0
    for place, item in enumerate(given):
        if item in items and item not in given[:place]:
            n_right += 1
            total += n_right / (place + 1)
    return total / min(len(items), most)


def _f1_micro(truth: pd.Series, guess: pd.Series) -> Any:
    coder = MultiLabelBinarizer(sparse_output=True)
    wanted = coder.fit_transform(truth.str.split())
    return metrics.f1_score(wanted, coder.transform(guess.str.split()), average="micro")


def _kendall(truth: pd.Series, guess: pd.Series) -> float:
    n_wrong = n_pairs = 0
    for items, given in zip(truth.str.split(), guess.str.split(), strict=True):
        places = {item: place for place, item in enumerate(given)}
        seen: list[int] = []
        for item in items:
            at = bisect.bisect(seen, places[item])
            n_wrong += len(seen) - at
            seen.insert(at, places[item])
        n_pairs += len(items) * (len(items) - 1)
    return 1 - 4 * n_wrong / n_pairs


def _gestures(truth: pd.Series, guess: pd.Series) -> float:
    pairs = zip(map(_integers, truth), map(_integers, guess), strict=True)
    n_wrong = sum(Levenshtein.distance(*pair) for pair in pairs)
    return n_wrong / sum(map(len, map(_integers, truth)))


def _integers(text: str) -> list[int]:
    return [int(item) for item in text.split()]


def _jaccard(truth: pd.Series, guess: pd.Series) -> Any:
    pairs: Iterable[tuple[set[str], set[str]]] = (
        (set(wanted.lower().split()), set(given.lower().split()))
        for wanted, given in zip(truth, guess, strict=True)
    )
    return np.mean([len(one & other) / len(one | other) for one, other in pairs])


def _levenshtein(truth: pd.Series, guess: pd.Series) -> Any:
    pairs = zip(truth, guess, strict=True)
    return np.mean([Levenshtein.distance(*pair) for pair in pairs])


def _plain_spans(entry: Entry) -> Callable[[], object]:
    def graded() -> object:
        valid: dict[str, set[Any]] = {}
        for row in entry.answers.itertuples():
            span = row.annotations[0]["long_answer"]
            pair = (span["start_token"], span["end_token"])
            valid[f"{row.example_id}_long"] = set() if pair[0] == -1 else {pair}
            valid[f"{row.example_id}_short"] = set()
        if set(valid) != set(entry.submission["example_id"]):
            raise ValueError(entry)
        truth, guess = [], []
        for row in entry.submission.itertuples():
            text = row.PredictionString
            given = tuple(map(int, text.split(":"))) if ":" in text else text
            right = valid[row.example_id]
            guess.append(int(bool(given)))
            truth.append(int(given in right if given else bool(right)))
        return metrics.f1_score(truth, guess, average="micro")

    return graded
