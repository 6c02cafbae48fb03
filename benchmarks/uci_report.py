"""Tables from the results of benchmarks/uci.py."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from report import progress, show


def read(files):
    """Every record of the files that exist; the last line may have been cut off."""
    for file in files:
        if not file.exists():
            continue
        for line in file.read_text().splitlines():
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                progress(f"{file}: skipped {line[:60]!r}")


def identity(record):
    """What makes a record another one."""
    return tuple(record.get(name) for name in ("kind", "set", "rows", "model", "protocol"))


def seconds(record):
    return sum(sum(record[name]) for name in ("select_s", "fit_s", "predict_s"))


def pivot(records, value):
    """Sets by models of a number, without the sets that some model lacks."""
    cells = [(r["set"], r["model"], value(r)) for r in records]
    frame = pd.DataFrame(cells, columns=["set", "model", "value"])
    models = list(dict.fromkeys(frame["model"]))
    frame = frame.drop_duplicates(["set", "model"], keep="last")
    return frame.pivot(index="set", columns="model", values="value")[models]


def mean_of(name):
    return lambda record: np.mean(record[name]) if record.get(name) else np.nan


def shared(frame):
    """Sets that every model has; says which are left out."""
    complete = frame.dropna()
    for name, row in frame[frame.isna().any(axis=1)].iterrows():
        progress(f"left out: {name}, no {', '.join(row.index[row.isna()])}")
    return complete


def summarise_classification(records):
    accuracy = shared(100 * pivot(records, mean_of("accuracy")))
    records = [r for r in records if r["set"] in accuracy.index]
    relative = accuracy.div(accuracy.max(axis=1), axis=0)
    columns = {
        "accuracy": accuracy.mean(),
        "rank": accuracy.rank(axis=1, ascending=False).mean(),
        "P90": 100 * (relative >= 0.9 - 1e-12).mean(),
        "P95": 100 * (relative >= 0.95 - 1e-12).mean(),
        "PMA": 100 * relative.mean(),
        "log loss": pivot(records, mean_of("log_loss")).mean(),
        "ECE": 100 * pivot(records, mean_of("ece")).mean(),
        "seconds": pivot(records, seconds).sum(),
    }
    formats = [".2f", ".2f", ".1f", ".1f", ".2f", ".3f", ".1f", ".0f"]
    summary = pd.DataFrame(columns).sort_values("accuracy", ascending=False)
    return accuracy, summary, formats, ".1f"


def summarise_regression(records):
    r2 = shared(pivot(records, mean_of("r2")))
    records = [r for r in records if r["set"] in r2.index]
    columns = {
        "R2": r2.mean(),
        "R2 < 0 as 0": pivot(records, lambda r: np.clip(r["r2"], 0, None).mean()).mean(),
        "rank": r2.rank(axis=1, ascending=False).mean(),
        "RMSE / std": pivot(records, mean_of("rmse")).mean(),
        "seconds": pivot(records, seconds).sum(),
    }
    # A single row far out can decide a mean of R2, but not a rank.
    summary = pd.DataFrame(columns).sort_values("rank")
    return r2, summary, [".3f", ".3f", ".2f", ".3f", ".0f"], ".3f"


def add_choice_of_sets(parser):
    parser.add_argument("--protocol", choices=["paper", "nested"], default="nested")
    parser.add_argument("--arora90", action="store_true", help="sets of Arora et al. only")


def add_arguments(parser):
    parser.add_argument("results", type=Path, nargs="+")
    parser.add_argument("--models", nargs="+")
    parser.add_argument("--sets", nargs="+")
    parser.add_argument("--max-rows", type=int, default=10**9, help="of classification sets")
    parser.add_argument("--rows", type=int, default=1250, help="of regression sets")
    parser.add_argument("--by-set", action="store_true", help="a table of all sets, too")
    add_choice_of_sets(parser)


def cells(frame, formats):
    """Rows of a data frame as strings, the index first."""
    for name, values in zip(frame.index, frame.to_numpy(), strict=True):
        pairs = zip(values, formats, strict=True)
        yield [str(name), *("" if np.isnan(value) else format(value, f) for value, f in pairs)]


def report(arguments):
    """Show the tables of all kinds that there are."""

    def wanted(record):
        if arguments.models and record["model"] not in arguments.models:
            return False
        if arguments.sets and record["set"] not in arguments.sets:
            return False
        if record["kind"] == "regression":
            return record["rows"] == arguments.rows
        return (
            record["protocol"] in (arguments.protocol, "any")
            and record["rows"] <= arguments.max_rows
            and (record["arora90"] or not arguments.arora90)
        )

    kinds = {"classification": summarise_classification, "regression": summarise_regression}
    records = [record for record in read(arguments.results) if wanted(record)]
    for kind, summarise in kinds.items():
        chosen = [record for record in records if record["kind"] == kind]
        if not chosen:
            continue
        scores, summary, formats, score_format = summarise(chosen)
        size = (
            arguments.protocol if kind == "classification" else f"{arguments.rows * 4 // 5:,} rows"
        )
        measured = sorted({record["conditions"] for record in chosen})
        header = [f"{size}, {len(scores)} sets", *summary]
        show(header, cells(summary, formats), measured=measured)
        if arguments.by_set:
            scores.loc["**mean**"] = scores.mean()
            rows = cells(scores, [score_format] * scores.shape[1])
            show(["set", *scores], rows, measured=measured)
