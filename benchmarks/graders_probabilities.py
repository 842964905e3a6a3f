"""Graders of probabilities against plain pandas and scikit-learn.

Submissions are generated at the competitions' sizes, or larger where these are small,
in an order of their own.  The yardstick is what a careful person would write: sort both
tables by id, compare the ids, check the values, call the metric.

``benchmarks/graders.py`` runs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn import metrics

from mle_toolkit.competitions.cards import load_card
from mle_toolkit.competitions.protocols import get_protocol
from mle_toolkit.competitions.protocols.entry import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Case = tuple[str, int, Callable[[], object], Callable[[], object]]
    Plain = Callable[[pd.DataFrame, pd.DataFrame, list[str]], object]

GENERATOR = np.random.default_rng(0)
EPSILON = np.finfo(float).eps
TINY = 1e-15
BAND, POWER = 0.4, -5
CUT = 0.5


def cases() -> Iterator[Case]:
    """Yield name, rows, our grader and the plain one."""
    for name, (n_rows, plain) in YARDSTICKS.items():
        card = load_card(name)
        given, answers = make_tables(name, n_rows)
        given = given.iloc[GENERATOR.permutation(n_rows)].reset_index(drop=True)
        yield case(name, given, answers, plain)
        if card.id == MAY:
            yield case(name, *make_tables(name, 3_000_000), plain)


def case(name: str, given: pd.DataFrame, answers: pd.DataFrame, plain: Plain) -> Case:
    """Return one case; its two functions take nothing."""
    card = load_card(name)
    entry = Entry(submission=given, answers=answers, card=card)
    protocol = get_protocol(card.protocol)
    targets = list(card.target_columns)

    def ours() -> object:
        return protocol(entry).score

    def theirs() -> object:
        there, here = sort_both(answers, given, card.id_column)
        return plain(there, here, targets)

    return name, len(given), ours, theirs


def make_tables(name: str, n_rows: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a submission and answers with all columns that the grader reads."""
    card = load_card(name)
    targets = list(card.target_columns)
    ids: object = GENERATOR.permutation(n_rows)
    if name not in WHOLE_IDS:
        ids = np.array([f"id{number:08d}" for number in range(n_rows)], object)
    if name == SPINE:
        labels = ["patient_overall", "C1", "C2", "C3", "C4", "C5", "C6", "C7"]
        ids = [f"1.2.{row // 8}_{labels[row % 8]}" for row in range(n_rows)]
        ids = np.array(ids, object)
    truth, guess = make_values(name, n_rows, len(targets))
    answers = pd.DataFrame(
        {card.id_column: ids, **dict(zip(targets, truth.T, strict=True))}
    )
    given = pd.DataFrame(
        {card.id_column: ids, **dict(zip(targets, guess.T, strict=True))}
    )
    if name == BIAS:
        answers = answers.rename(columns={"prediction": "toxicity"})
        for identity in card.answer_columns[2:]:
            answers[identity] = GENERATOR.random(n_rows)
    return given, answers


def make_values(
    name: str, n_rows: int, n_columns: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and probabilities that know something of them."""
    if name in ONE_HOT:
        chosen = GENERATOR.integers(0, n_columns, n_rows)
        truth = np.zeros((n_rows, n_columns), int)
        truth[np.arange(n_rows), chosen] = 1
        guess = GENERATOR.dirichlet(np.ones(n_columns), n_rows)
        return (truth * 7 + 1 if name == BRAIN else truth), (guess + truth) / 2
    truth = GENERATOR.integers(0, 2, (n_rows, n_columns))
    return truth, (GENERATOR.random(truth.shape) + truth / 2).round(6) / 1.5


def sort_both(
    answers: pd.DataFrame, given: pd.DataFrame, name: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sort both tables by id and compare the ids."""
    answers, given = answers.sort_values(name), given.sort_values(name)
    if not (given[name].to_numpy() == answers[name].to_numpy()).all():
        msg = "the ids differ"
        raise ValueError(msg)
    return answers, given


def check_range(given: pd.DataFrame, targets: list[str]) -> None:
    """Check that all values lie within 0 and 1."""
    values = given[targets]
    if not ((values >= 0) & (values <= 1)).all().all():
        msg = "a value is out of range"
        raise ValueError(msg)


def plain_area(
    answers: pd.DataFrame, given: pd.DataFrame, targets: list[str]
) -> object:
    """Compute the mean area with scikit-learn."""
    check_range(given, targets)
    return metrics.roc_auc_score(answers[targets].to_numpy(), given[targets].to_numpy())


def plain_weighted_area(
    answers: pd.DataFrame, given: pd.DataFrame, targets: list[str]
) -> object:
    """Grade alaska2 from the points of the curve."""
    truth, scores = answers[targets[0]], given[targets[0]]
    rates, heights, _ = metrics.roc_curve(truth, scores)
    place = int(np.searchsorted(heights, BAND))
    rate = np.interp(BAND, heights, rates)
    rates, heights = np.insert(rates, place, rate), np.insert(heights, place, BAND)
    low = np.trapezoid(np.minimum(heights, BAND), rates)
    high = np.trapezoid(np.maximum(heights - BAND, 0), rates)
    return (2 * low + high) / 1.4


def plain_bias(
    answers: pd.DataFrame, given: pd.DataFrame, targets: list[str]
) -> object:
    """Grade jigsaw-unintended subset by subset."""
    truth = answers["toxicity"].to_numpy() >= CUT
    verdict = given[targets[0]].to_numpy() >= CUT
    rows = []
    for name in load_card(BIAS).answer_columns[2:]:
        has = answers[name].to_numpy() >= CUT
        subsets = (has, has ^ truth, ~(has ^ truth))
        rows.append([metrics.roc_auc_score(truth[s], verdict[s]) for s in subsets])
    means = (np.array(rows) ** float(POWER)).mean(axis=0) ** (1 / POWER)
    return (metrics.roc_auc_score(truth, verdict) + means.sum()) / 4


def plain_loss(
    answers: pd.DataFrame, given: pd.DataFrame, targets: list[str]
) -> object:
    """Compute the log loss with scikit-learn, after a check of the sums."""
    check_range(given, targets)
    if len(targets) == 1:
        return metrics.log_loss(answers[targets[0]], given[targets[0]])
    if not np.isclose(given[targets].sum(axis=1), 1).all():
        msg = "a row does not add up to 1"
        raise ValueError(msg)
    return metrics.log_loss(answers[targets].to_numpy(), given[targets].to_numpy())


def plain_spines(
    answers: pd.DataFrame, given: pd.DataFrame, targets: list[str]
) -> object:
    """Grade rsna-2022 with a group per study."""
    check_range(given, targets)
    truth = answers[targets[0]].to_numpy()
    guess = given[targets[0]].to_numpy().clip(TINY, 1 - TINY)
    parts = answers["row_id"].str.split("_", n=1, expand=True)
    weights = np.where(parts[1] == "patient_overall", 7, 1) * (1 + truth)
    losses = -weights * np.log(np.where(truth == 1, guess, 1 - guess))
    table = pd.DataFrame({"study": parts[0].to_numpy(), "l": losses, "w": weights})
    sums = table.groupby("study")[["l", "w"]].sum()
    return (sums["l"] / sums["w"]).mean()


def plain_votes(
    answers: pd.DataFrame, given: pd.DataFrame, targets: list[str]
) -> object:
    """Grade hms with numpy."""
    check_range(given, targets)
    if not (given[targets].sum(axis=1).round(5) == 1).all():
        msg = "a row does not add up to 1"
        raise ValueError(msg)
    counts = answers[targets].to_numpy()
    truth = counts / counts.sum(axis=1, keepdims=True)
    guess = given[targets].to_numpy().clip(TINY, 1 - TINY)
    return (truth * np.log(truth / guess)).sum(axis=1).mean()


def plain_f1(answers: pd.DataFrame, given: pd.DataFrame, targets: list[str]) -> object:
    """Grade rsna-breast with numpy."""
    truth = answers[targets[0]].to_numpy()
    guess = given[targets[0]].to_numpy().clip(0, 1)
    precision = guess[truth == 1].sum() / guess.sum()
    recall = guess[truth == 1].sum() / truth.sum()
    return 2 * precision * recall / (precision + recall)


def plain_ranking(
    answers: pd.DataFrame, given: pd.DataFrame, targets: list[str]
) -> object:
    """Grade freesound with scikit-learn."""
    truth, scores = answers[targets].to_numpy(), given[targets].to_numpy()
    weights = truth.sum(axis=1)
    return metrics.label_ranking_average_precision_score(
        truth, scores, sample_weight=weights
    )


MAY = "tabular-playground-series-may-2022"
BIAS = "jigsaw-unintended-bias-in-toxicity-classification"
SPINE = "rsna-2022-cervical-spine-fracture-detection"
BRAIN = "hms-harmful-brain-activity-classification"
REDUX = "dogs-vs-cats-redux-kernels-edition"
CHATBOTS = "lmsys-chatbot-arena"
ENZYMES = "playground-series-s3e18"
DOGS = "dog-breed-identification"
LEAF = "leaf-classification"
SPOOKY = "spooky-author-identification"
WHOLE_IDS = (MAY, BIAS, BRAIN, REDUX, CHATBOTS, ENZYMES, LEAF)
ONE_HOT = (DOGS, LEAF, SPOOKY, CHATBOTS, BRAIN)
YARDSTICKS: dict[str, tuple[int, Plain]] = {
    MAY: (100_000, plain_area),
    "the-icml-2013-whale-challenge-right-whale-redux": (100_000, plain_area),
    "histopathologic-cancer-detection": (1_000_000, plain_area),
    "ranzcr-clip-catheter-line-classification": (100_000, plain_area),
    ENZYMES: (100_000, plain_area),
    "plant-pathology-2020-fgvc7": (100_000, plain_area),
    "jigsaw-toxic-comment-classification-challenge": (150_000, plain_area),
    "alaska2-image-steganalysis": (100_000, plain_weighted_area),
    BIAS: (100_000, plain_bias),
    DOGS: (10_000, plain_loss),
    LEAF: (10_000, plain_loss),
    SPOOKY: (100_000, plain_loss),
    CHATBOTS: (100_000, plain_loss),
    REDUX: (100_000, plain_loss),
    "statoil-iceberg-classifier-challenge": (100_000, plain_loss),
    SPINE: (100_000, plain_spines),
    BRAIN: (100_000, plain_votes),
    "rsna-breast-cancer-detection": (100_000, plain_f1),
    "freesound-audio-tagging-2019": (10_000, plain_ranking),
}
