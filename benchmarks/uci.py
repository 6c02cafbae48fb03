"""Accuracy of classifiers, R2 of regressors, over many small real sets.

    python benchmarks/uci.py classification FOLDER RESULTS [--protocol paper] [--arora90]
    python benchmarks/uci.py regression FOLDER RESULTS [--rows 1250]
    python benchmarks/uci.py report RESULTS ... [--protocol paper] [--by-set]

Every (set, model, protocol) is one line of JSON in the file RESULTS; what is there is not done
again, so a run that was stopped goes on when the command is repeated. --models and --sets choose
by name; without --models, all that can be imported. One process a job, one thread a process. What
was asked for is shown as a table at the end; "report" makes others.

classification: FOLDER holds INDEX.tsv and NAME.npz with X (standardised), y and row indices
tune_train, tune_valid, cv0_train, cv0_test, ..., cv3_test. Scores are means over the four folds,
also for sets that have a test file, which is not read. Protocol "paper" is that of Arora et al.
(ICLR 2020) after Fernandez-Delgado et al. (JMLR 2014): parameters are chosen on tune_train for
tune_valid, whose rows come back in the folds. "nested" chooses everything inside each training
fold, by four stratified folds. Models that choose nothing, or choose by themselves inside fit,
are the same in both.

regression: FOLDER holds NAME/data.csv.gz, the last column the target. Five folds of a random
subset of --rows rows; columns and target are standardised on each training part; parameters
are chosen by five folds inside it.
"""

import argparse
import csv
import json
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import uci_report
from joblib import Parallel, delayed
from report import conditions, progress
from scipy.stats import norm
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits
from uci_models import CLASSIFIERS, REGRESSORS, stratified


def timed(function, *arguments):
    start = time.perf_counter()
    result = function(*arguments)
    return result, time.perf_counter() - start


def log_loss(p, y):
    """Mean -log p[i, y[i]]; classes the model does not know have a probability of 1e-15."""
    return -np.log(np.clip(p[np.arange(len(y)), y], 1e-15, 1)).mean()


def calibration_error(p, y, bins=15):
    """Expected calibration error of the likeliest class, by bins of equal width."""
    confidence, correct = p.max(axis=1), p.argmax(axis=1) == y
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(index, confidence - correct, minlength=bins)
    return np.abs(gaps).sum() / len(y)


def classify(file, name, protocol):
    """Scores of one model on one set."""
    model, data = CLASSIFIERS[name], np.load(file)
    X, y = data["X"].astype(np.float64), data["y"]
    classes, y = np.unique(y, return_inverse=True)
    record = {"accuracy": [], "log_loss": [], "ece": [], "select_s": [], "fit_s": []}
    record |= {"predict_s": [], "chosen": []}
    if protocol == "paper" and model.select:
        splits = [(data["tune_train"], data["tune_valid"])]
        estimator, seconds = timed(model.select, X, y, splits)
        record["select_s"].append(seconds)
    for fold in range(4):
        train, test = data[f"cv{fold}_train"], data[f"cv{fold}_test"]
        # Not every library takes labels that leave numbers out.
        known, codes = np.unique(y[train], return_inverse=True)
        if protocol == "nested" and model.select:
            estimator, seconds = timed(model.select, X[train], codes, stratified(codes))
            record["select_s"].append(seconds)
        elif not model.select:
            estimator = model.make()
        if model.select:
            record["chosen"].append(str(estimator))
        fitted, fit_seconds = timed(estimator.fit, X[train], codes)
        labels, seconds = timed(fitted.predict, X[test])
        record["accuracy"].append(np.mean(known[labels.ravel()] == y[test]))
        record["fit_s"].append(fit_seconds)
        record["predict_s"].append(seconds)
        if hasattr(fitted, "predict_proba"):
            p = np.zeros((len(test), len(classes)))
            p[:, known] = fitted.predict_proba(X[test])
            record["log_loss"].append(log_loss(p, y[test]))
            record["ece"].append(calibration_error(p, y[test]))
    return record


def regress(file, name, rows):
    """Scores of one model on one set."""
    model, data = REGRESSORS[name], pd.read_csv(file, header=None).to_numpy()
    data = data[np.random.default_rng(0).permutation(len(data))[:rows]]
    record = {"r2": [], "rmse": [], "coverage": [], "select_s": [], "fit_s": [], "predict_s": []}
    for train, test in KFold(5, shuffle=True, random_state=0).split(data):
        scaler = StandardScaler().fit(data[train])
        part, held_out = scaler.transform(data[train]), scaler.transform(data[test])
        X, y, X_test, y_test = part[:, :-1], part[:, -1], held_out[:, :-1], held_out[:, -1]
        if model.select:
            splits = list(KFold(5, shuffle=True, random_state=0).split(X))
            estimator, seconds = timed(model.select, X, y, splits)
            record["select_s"].append(seconds)
        else:
            estimator = model.make()
        fitted, fit_seconds = timed(estimator.fit, X, y)
        prediction, seconds = timed(fitted.predict, X_test)
        record["r2"].append(r2_score(y_test, prediction))
        record["rmse"].append(np.sqrt(np.mean((prediction - y_test) ** 2)))
        record["fit_s"].append(fit_seconds)
        record["predict_s"].append(seconds)
        if model.std_options is not None:
            mean, std = fitted.predict(X_test, return_std=True, **model.std_options)
            inside = np.abs(y_test - mean) <= norm.ppf(0.95) * std
            record["coverage"].append(inside.mean())
    return record


def attempt(evaluate, key, *arguments):
    """(key, record, message), without a record if the model failed."""
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return key, evaluate(*arguments), None
        except Exception as error:
            return key, None, f"{type(error).__name__}: {error}"


def tasks(arguments, names):
    """(function of one task, what identifies it, its arguments), small sets first."""
    if arguments.command == "regression":
        for file in sorted(arguments.folder.glob("*/data.csv.gz")):
            key = {"kind": "regression", "set": file.parent.name, "rows": arguments.rows}
            for name in names:
                yield regress, key | {"model": name}, (file, name, arguments.rows)
        return
    with open(arguments.folder / "INDEX.tsv") as file:
        index = list(csv.DictReader(file, delimiter="\t"))
    for entry in sorted(index, key=lambda entry: int(entry["n"])):
        rows, arora90 = int(entry["n"]), entry["arora90"] == "1"
        if rows > arguments.max_rows or (arguments.arora90 and not arora90):
            continue
        for name in names:
            model = CLASSIFIERS[name]
            protocol = arguments.protocol if model.select else "any"
            if rows <= model.max_rows:
                key = {"kind": "classification", "set": entry["name"], "rows": rows}
                key |= {"arora90": arora90, "model": name, "protocol": protocol}
                file = arguments.folder / f"{entry['name']}.npz"
                yield classify, key, (file, name, protocol)


def run(arguments):
    """Do what is missing; True if nothing failed."""
    models = CLASSIFIERS if arguments.command == "classification" else REGRESSORS
    asked = arguments.models or list(models)
    if unknown := set(asked) - set(models):
        raise SystemExit(f"no models: {sorted(unknown)}, but {list(models)}")
    available = [name for name in asked if models[name].available()]
    if missing := sorted(set(asked) - set(available)):
        progress(f"not installed: {', '.join(missing)}")
    done = {uci_report.identity(record) for record in uci_report.read([arguments.results])}
    todo = [
        task
        for task in tasks(arguments, available)
        if uci_report.identity(task[1]) not in done
        and (not arguments.sets or task[1]["set"] in arguments.sets)
    ]
    progress(f"{len(todo)} to do")
    arguments.results.parent.mkdir(parents=True, exist_ok=True)
    results = Parallel(n_jobs=arguments.jobs, batch_size=1, return_as="generator_unordered")(
        delayed(attempt)(evaluate, key, *rest) for evaluate, key, rest in todo
    )
    peers = {models[name].source[0] for name in available if models[name].source}
    measured = {"conditions": conditions(*sorted(peers - {"sklearn_ntk"}))}
    failures = 0
    for count, (key, record, message) in enumerate(results, 1):
        line = f"{count}/{len(todo)} {key['set']} ({key['rows']}), {key['model']}: "
        if message:
            failures += 1
            progress(line + message)
            continue
        with open(arguments.results, "a") as file:
            file.write(json.dumps(key | record | measured) + "\n")
        score = np.mean(record["accuracy"] if "accuracy" in record else record["r2"])
        progress(f"{line}{score:.4f}, {uci_report.seconds(record):.1f} s")
    return not failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for command in "classification", "regression":
        sub = commands.add_parser(command)
        sub.add_argument("folder", type=Path)
        sub.add_argument("results", type=Path)
        sub.add_argument("--sets", nargs="+")
        sub.add_argument("--jobs", type=int, default=-1)
        sub.add_argument("--models", nargs="+")
        if command == "regression":
            sub.add_argument("--rows", type=int, default=1250)
        else:
            sub.add_argument("--max-rows", type=int, default=10**9)
            uci_report.add_choice_of_sets(sub)
    uci_report.add_arguments(commands.add_parser("report"))
    arguments = parser.parse_args()
    if arguments.command != "report":
        if not run(arguments):
            raise SystemExit(1)
        arguments.results, arguments.by_set = [arguments.results], False
    uci_report.report(arguments)


if __name__ == "__main__":
    main()
