"""Graders of numbers and signals against plain pandas and scikit-learn.

Submissions are generated at the competitions' sizes, or with 100,000 rows where these
are smaller, in an order of their own.  The yardstick is what a careful person would
write: sort both tables by id, compare the ids, check the values, call the metric.

``benchmarks/graders.py`` runs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats
from sklearn import metrics

from mle_toolkit.competitions.cards import load_card
from mle_toolkit.competitions.protocols import get_protocol
from mle_toolkit.competitions.protocols.entry import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Case = tuple[str, int, Callable[[], object], Callable[[], object]]
    Plain = Callable[[pd.DataFrame, pd.DataFrame], object]

GENERATOR = np.random.default_rng(0)
EARTH_M = 6_371_000


def cases() -> Iterator[Case]:
    """Yield name, rows, our grader and the plain one."""
    for name, (n_rows, plain) in YARDSTICKS.items():
        card = load_card(name)
        answers = make_answers(name, n_rows)
        read = [card.id_column, *card.target_columns]
        extra = ["UnixTimeMillis"] if "UnixTimeMillis" in answers else []
        given = answers[[*read, *extra]].copy()
        for target in card.target_columns:
            given[target] = given[target] + GENERATOR.uniform(0, 0.1, n_rows)
        order = np.arange(n_rows)
        if name not in IN_FILE_ORDER:
            order = GENERATOR.permutation(n_rows)
        given = given.iloc[order].reset_index(drop=True)
        yield case(name, given, answers, plain)


def case(name: str, given: pd.DataFrame, answers: pd.DataFrame, plain: Plain) -> Case:
    """Return one case; its two functions take nothing."""
    card = load_card(name)
    entry = Entry(submission=given, answers=answers, card=card)
    protocol = get_protocol(card.protocol)
    return (
        name,
        len(given),
        lambda: protocol(entry).score,
        lambda: plain(given, answers),
    )


def make_answers(name: str, n_rows: int) -> pd.DataFrame:
    """Return answers with all columns that the grader reads."""
    card = load_card(name)
    numbers = np.arange(n_rows)
    table = pd.DataFrame({card.id_column: [f"id_{number:08d}" for number in numbers]})
    table[card.id_column] = table[card.id_column].astype(object)
    if name in WHOLE_IDS:
        table[card.id_column] = GENERATOR.permutation(n_rows)
    for target in card.target_columns:
        table[target] = GENERATOR.uniform(1, 3, n_rows)
    if name == CHAMPS:
        kinds = ["1JHC", "1JHN", "2JHC", "2JHH", "2JHN", "3JHC", "3JHH", "3JHN"]
        table["type"] = np.array(kinds, object)[GENERATOR.integers(0, 8, n_rows)]
    elif name == OSIC:
        table[card.id_column] = [f"ID{row // 100:08d}_{row % 100}" for row in numbers]
        table[card.id_column] = table[card.id_column].astype(object)
    elif name == COVID:
        table["keep"] = numbers % 3 > 0
    elif name == BREATHS:
        table["u_out"] = (numbers % 3 > 0).astype(int)
    elif name == PHONES:
        trips = np.array([f"trip-{trip}" for trip in range(30)], object)
        table[card.id_column] = trips[numbers * 30 // n_rows]
        table["UnixTimeMillis"] = numbers
    return table


def sort_both(
    given: pd.DataFrame, answers: pd.DataFrame, name: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sort both tables by id and compare the ids."""
    given, answers = given.sort_values(name), answers.sort_values(name)
    if not (given[name].to_numpy() == answers[name].to_numpy()).all():
        msg = "the ids differ"
        raise ValueError(msg)
    return given, answers


def merge_both(given: pd.DataFrame, answers: pd.DataFrame, name: str) -> pd.DataFrame:
    """Compare the sets of ids and merge both tables."""
    if set(given[name]) != set(answers[name]):
        msg = "the ids differ"
        raise ValueError(msg)
    return answers.merge(given, on=name, suffixes=("", "_given"))


def plain_rmse(name: str, target: str) -> Plain:
    """Return the plain grader of one target."""

    def score(given: pd.DataFrame, answers: pd.DataFrame) -> object:
        given, answers = sort_both(given, answers, name)
        return metrics.root_mean_squared_error(answers[target], given[target])

    return score


def plain_columns(given: pd.DataFrame, answers: pd.DataFrame) -> object:
    """Grade nomad2018 column by column."""
    targets = load_card(NOMAD).target_columns
    return np.mean(
        [
            metrics.root_mean_squared_log_error(answers[name], given[name])
            for name in targets
        ]
    )


def plain_eruptions(given: pd.DataFrame, answers: pd.DataFrame) -> object:
    """Grade predict-volcanic-eruptions by a merge."""
    both = merge_both(given, answers, "segment_id")
    target = "time_to_eruption"
    return round(metrics.mean_absolute_error(both[target], both[f"{target}_given"]))


def plain_ranks(given: pd.DataFrame, answers: pd.DataFrame) -> object:
    """Grade google-quest column by column."""
    given, answers = sort_both(given, answers, "qa_id")
    targets = load_card(QUEST).target_columns
    return np.mean(
        [stats.spearmanr(answers[name], given[name]).statistic for name in targets]
    )


def plain_similarity(given: pd.DataFrame, answers: pd.DataFrame) -> object:
    """Grade us-patent."""
    given, answers = sort_both(given, answers, "id")
    return stats.pearsonr(answers["score"], given["score"]).statistic


def plain_couplings(given: pd.DataFrame, answers: pd.DataFrame) -> object:
    """Grade champs by a merge and a loop over types."""
    target = "scalar_coupling_constant"
    both = merge_both(given, answers, "id")
    return np.mean(
        [
            np.log(metrics.mean_absolute_error(part[target], part[f"{target}_given"]))
            for _, part in both.groupby("type")
        ]
    )


def plain_directions(given: pd.DataFrame, answers: pd.DataFrame) -> object:
    """Grade icecube with unit vectors."""
    given, answers = sort_both(given, answers, "event_id")
    vectors = []
    for table in (given, answers):
        azimuth, zenith = table["azimuth"].to_numpy(), table["zenith"].to_numpy()
        vectors.append(
            np.stack(
                [
                    np.cos(azimuth) * np.sin(zenith),
                    np.sin(azimuth) * np.sin(zenith),
                    np.cos(zenith),
                ]
            )
        )
    cosine = np.clip((vectors[0] * vectors[1]).sum(axis=0), -1, 1)
    return np.arccos(cosine).mean()


def plain_visits(given: pd.DataFrame, answers: pd.DataFrame) -> object:
    """Grade osic by a merge, with the last three weeks of each patient."""
    answers = answers[answers["FVC"].notna()].copy()
    parts = answers["Patient_Week"].str.rsplit("_", n=1, expand=True)
    answers["patient"], answers["week"] = parts[0], parts[1].astype(int)
    answers = answers.sort_values(["patient", "week"]).groupby("patient").tail(3)
    both = answers.merge(given, on="Patient_Week", suffixes=("", "_given"))
    spread = np.maximum(both["Confidence_given"], 70)
    errors = np.minimum((both["FVC"] - both["FVC_given"]).abs(), 1000)
    root = np.sqrt(2)
    return (-root * errors / spread - np.log(root * spread)).mean()


def plain_positions(given: pd.DataFrame, answers: pd.DataFrame) -> object:
    """Grade stanford-covid-vaccine."""
    given, answers = sort_both(given, answers, "id_seqpos")
    keep = answers["keep"].to_numpy()
    names = ["reactivity", "deg_Mg_pH10", "deg_Mg_50C"]
    return np.mean(
        [
            metrics.root_mean_squared_error(answers[name][keep], given[name][keep])
            for name in names
        ]
    )


def plain_breaths(given: pd.DataFrame, answers: pd.DataFrame) -> object:
    """Grade ventilator-pressure-prediction."""
    given, answers = sort_both(given, answers, "id")
    inward = answers["u_out"].to_numpy() == 0
    return metrics.mean_absolute_error(
        answers["pressure"][inward], given["pressure"][inward]
    )


def plain_trips(given: pd.DataFrame, answers: pd.DataFrame) -> object:
    """Grade smartphone-decimeter-2022 trip by trip."""
    means = []
    for trip in answers["tripId"].unique():
        tables = [table[table["tripId"] == trip] for table in (given, answers)]
        (latitude, other_latitude), (longitude, other_longitude) = (
            [np.radians(table[name].to_numpy()) for table in tables]
            for name in ("LatitudeDegrees", "LongitudeDegrees")
        )
        chord = (
            np.sin((other_latitude - latitude) / 2) ** 2
            + np.cos(latitude)
            * np.cos(other_latitude)
            * np.sin((other_longitude - longitude) / 2) ** 2
        )
        distances = 2 * EARTH_M * np.arcsin(np.sqrt(chord))
        means.append(np.percentile(distances, [50, 95]).mean())
    return np.mean(means)


CHAMPS = "champs-scalar-coupling"
OSIC = "osic-pulmonary-fibrosis-progression"
COVID = "stanford-covid-vaccine"
BREATHS = "ventilator-pressure-prediction"
PHONES = "smartphone-decimeter-2022"
NOMAD = "nomad2018-predict-transparent-conductors"
QUEST = "google-quest-challenge"
ICE = "icecube-neutrinos-in-deep-ice"
VOLCANO = "predict-volcanic-eruptions-ingv-oe"
# The reference goes by the place of a row in the file.
IN_FILE_ORDER = (NOMAD, COVID, PHONES)
WHOLE_IDS = (CHAMPS, BREATHS, ICE, VOLCANO, QUEST)
YARDSTICKS: dict[str, tuple[int, Plain]] = {
    "denoising-dirty-documents": (3_000_000, plain_rmse("id", "value")),
    NOMAD: (100_000, plain_columns),
    "new-york-city-taxi-fare-prediction": (100_000, plain_rmse("key", "fare_amount")),
    "petfinder-pawpularity-score": (100_000, plain_rmse("Id", "Pawpularity")),
    VOLCANO: (100_000, plain_eruptions),
    QUEST: (100_000, plain_ranks),
    "us-patent-phrase-to-phrase-matching": (100_000, plain_similarity),
    CHAMPS: (500_000, plain_couplings),
    ICE: (3_000_000, plain_directions),
    OSIC: (100_000, plain_visits),
    COVID: (100_000, plain_positions),
    BREATHS: (600_000, plain_breaths),
    PHONES: (100_000, plain_trips),
}
