"""Pieces of the programs that the offline model writes."""

from __future__ import annotations

# Each block of features is a few lines of `features`, and is found again by them.
BLOCK_CODE = {
    "dates": """\
for name in DATES:
    moment = pd.to_datetime(X.pop(name))
    X[f"{name}_year"] = moment.dt.year
    X[f"{name}_month"] = moment.dt.month
    X[f"{name}_weekday"] = moment.dt.dayofweek
    X[f"{name}_hour"] = moment.dt.hour
""",
    "seasons": """\
for number in (1, 2):
    angle = 2 * np.pi * number * X["time"]
    X[f"sin_{number}"], X[f"cos_{number}"] = np.sin(angle), np.cos(angle)
""",
    "evened": """\
around = X.filter(like="around_").columns
X[around] = X[around].div(X["light"], axis=0)
""",
    "row_scale": """\
names = X.loc[:, FIRST_PIXEL:LAST_PIXEL].columns
values = X[names].to_numpy(float)
low, high = values.min(axis=1, keepdims=True), values.max(axis=1, keepdims=True)
X[names] = (values - low) / np.maximum(high - low, 1e-9)
""",
    "logs": """\
parts.append(np.log(X.select_dtypes("number")).add_suffix("_log"))
""",
    "signed_logs": """\
numbers = X.select_dtypes("number")
parts.append((np.sign(numbers) * np.log1p(np.abs(numbers))).add_suffix("_log"))
""",
    "ratios": """\
for a, b in combinations(X.select_dtypes("number").columns[:4], 2):
    parts.append((X[a] / X[b]).rename(f"{a}_per_{b}"))
""",
    "safe_ratios": """\
for a, b in combinations(X.select_dtypes("number").columns[:4], 2):
    parts.append((X[a] / (1 + X[b].abs())).rename(f"{a}_per_{b}"))
""",
    "products": """\
numbers = X.select_dtypes("number").iloc[:, :7]
centred = (numbers - numbers.mean()) / (numbers.std() + 1e-9)
for a, b in combinations_with_replacement(centred.columns, 2):
    parts.append((centred[a] * centred[b]).rename(f"{a}_times_{b}"))
""",
    "row_stats": """\
numbers = X.select_dtypes("number")
parts.append(numbers.agg(["mean", "std", "min", "max"], axis=1).add_prefix("row_"))
""",
    "gaps": """\
gaps = X.select_dtypes("number").isna().astype(int)
parts.append(gaps.add_suffix("_missing"))
parts.append(gaps.sum(axis=1).rename("n_missing"))
""",
    "counts": """\
for name in [*WORDS, *CODES]:
    seen = pd.concat([train[name], test[name]]).value_counts()
    parts.append(X[name].map(seen).fillna(0).rename(f"{name}_count"))
""",
    "joined": """\
for names in JOINED:
    words = X[names].astype(str).fillna("none")
    X["_".join(names)] = words[names[0]].str.cat(words[names[1:]], sep="/")
""",
    "edges": """\
image = X.loc[:, FIRST_PIXEL:LAST_PIXEL].to_numpy(float).reshape(-1, SIDE, SIDE)
parts.append(as_table("edge_x", np.diff(image, axis=2), X.index))
parts.append(as_table("edge_y", np.diff(image, axis=1), X.index))
""",
    "profiles": """\
image = X.loc[:, FIRST_PIXEL:LAST_PIXEL].to_numpy(float).reshape(-1, SIDE, SIDE)
parts.append(as_table("row", image.sum(axis=2), X.index))
parts.append(as_table("column", image.sum(axis=1), X.index))
""",
}

AS_TABLE = '''\
def as_table(prefix, values, index):
    """Return an array as a table, a row for each image."""
    flat = values.reshape(len(values), -1)
    names = [f"{prefix}_{number}" for number in range(flat.shape[1])]
    return pd.DataFrame(flat, index=index, columns=names)
'''

FEATURES = '''\
def features(frame):
    """Return what the models see of a table."""
    X = {columns}
{blocks}'''

# The date becomes years, whatever else is made of it.
YEARS = """\
moment = pd.to_datetime(X.pop(TIME))
X["time"] = (moment - pd.Timestamp("2000-01-01")) / pd.Timedelta(days=365.25)
"""

FOLDS = {
    "classes": "StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)",
    "numbers": "KFold(FOLDS, shuffle=True, random_state=SEED)",
    "pixels": "GroupKFold(FOLDS)",
}

CROSS_VALIDATE = '''\
def cross_validate(X, y, X_test):
    """Return predictions for the held-out rows, and the folds' mean for the test."""
    held_out = np.zeros({shape_train})
    predicted = np.zeros({shape_test})
    folds = {folds}
    for fit, held in folds.split(X, y{groups}):
        for name, weight in WEIGHTS.items():
            share = weight / sum(WEIGHTS.values())
            model = clone(MODELS[name])
            model.fit(X.iloc[fit], y.iloc[fit])
            held_out[held] += share * predict(model, X.iloc[held])
            predicted += share / FOLDS * predict(model, X_test)
    return {returned}
'''

# What the future brings can only be checked on what came later.
FORECAST = '''\
def cross_validate(X, y, X_test):
    """Return forecasts of later rows from earlier ones, and of the test from all."""
    held_out = np.full(len(X), np.nan)
    cuts = np.linspace(len(X) // 2, len(X), FOLDS + 1).astype(int)
    for start, end in zip(cuts[:-1], cuts[1:]):
        held_out[start:end] = forecast(X[:start], y[:start], X[start:end])
    return {returned}


def forecast(X, y, X_later):
    """Return the trend of y, continued, with what the models add to it."""
    trend = np.polynomial.Polynomial.fit(X["time"], y, TREND)
    total = trend(X_later["time"].to_numpy())
    for name, weight in WEIGHTS.items():
        share = weight / sum(WEIGHTS.values())
        model = clone(MODELS[name])
        model.fit(X, y - trend(X["time"]))
        total = total + share * predict(model, X_later)
    return total
'''

PREDICT = {
    "binary": '''\
def predict(model, X):
    """Return the probability of the second class."""
    return model.predict_proba(X)[:, 1]
''',
    "both": '''\
def predict(model, X):
    """Return the probabilities."""
    return model.predict_proba(X)
''',
    "classes": '''\
def predict(model, X):
    """Return the probability of each class."""
    return model.predict_proba(X)
''',
    "aligned": '''\
def predict(model, X):
    """Return the probability of each class, in the order of CLASSES."""
    found = pd.DataFrame(model.predict_proba(X), columns=model.classes_)
    return found.reindex(columns=CLASSES, fill_value=0.0).to_numpy()
''',
    "numbers": '''\
def predict(model, X):
    """Return the predicted numbers."""
    return model.predict(X)
''',
}

# How to compute a score from `y` and `held_out`, and what to import for it.
SCORES = {
    "auc": ("roc_auc_score(y, held_out{multi})", "roc_auc_score"),
    "log_loss": ("log_loss(y, held_out{labels})", "log_loss"),
    "brier": ("brier_score_loss(y, held_out)", "brier_score_loss"),
    "accuracy": ("accuracy_score(y, CLASSES[held_out.argmax(1)])", "accuracy_score"),
    "error": ("1 - accuracy_score(y, CLASSES[held_out.argmax(1)])", "accuracy_score"),
    "f1": (
        'f1_score(y, CLASSES[held_out.argmax(1)], average="macro")',
        "f1_score",
    ),
    "kappa": (
        'cohen_kappa_score(y, CLASSES[held_out.argmax(1)], weights="quadratic")',
        "cohen_kappa_score",
    ),
    "rmsle": (
        "root_mean_squared_log_error(y, held_out)",
        "root_mean_squared_log_error",
    ),
    "rmse": ("root_mean_squared_error(y, held_out)", "root_mean_squared_error"),
    "mse": ("mean_squared_error(y, held_out)", "mean_squared_error"),
    "mae": ("mean_absolute_error(y, held_out)", "mean_absolute_error"),
    "r2": ("r2_score(y, held_out)", "r2_score"),
}

# For a folder without a table to learn from.
FALLBACK = '''\
"""Hand in the sample submission: there is no table to learn from."""

import pandas as pd

sample = pd.read_csv("input/{sample}")
sample.to_csv("submission.csv", index=False)
print("no model was trained, so there is no validation score")
'''
