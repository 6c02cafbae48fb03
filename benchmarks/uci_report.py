"""Tables from the results of benchmarks/uci.py, as simple tables of reStructuredText."""

import json
from pathlib import Path

import numpy as np
import pandas as pd


def read(files):
    """Every record of the files that exist; the last line may have been cut off."""
    for file in files:
        if not file.exists():
            continue
        for line in file.read_text().splitlines():
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                print(f"{file}: skipped {line[:60]!r}")


def identity(record):
    """What makes a record another one."""
    return tuple(record.get(name) for name in ("kind", "set", "rows", "model", "protocol"))


def seconds(record):
    return sum(sum(record[name]) for name in ("select_s", "fit_s", "predict_s"))


def simple_table(frame, formats):
    """A data frame as a simple table of reStructuredText, the index as its first column."""
    rows = [[frame.index.name or "", *map(str, frame.columns)]]
    for name, values in zip(frame.index, frame.to_numpy(), strict=True):
        cells = zip(values, formats, strict=True)
        rows.append([str(name), *("" if np.isnan(v) else format(v, f) for v, f in cells)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rule = "  ".join("=" * width for width in widths)
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
    # An empty first cell would continue the row above.
    lines = [line if line[0] != " " else "\\" + line[1:] for line in lines]
    return "\n".join([rule, lines[0].rstrip(), rule, *map(str.rstrip, lines[1:]), rule])


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
        print(f"left out: {name}, no {', '.join(row.index[row.isna()])}")
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
        "its median": pivot(records, mean_of("log_loss")).median(),
        "ECE": 100 * pivot(records, mean_of("ece")).mean(),
        "seconds": pivot(records, seconds).sum(),
    }
    formats = [".2f", ".2f", ".1f", ".1f", ".2f", ".3f", ".3f", ".1f", ".0f"]
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
        "in 90 %": 100 * pivot(records, mean_of("coverage")).mean(),
        "seconds": pivot(records, seconds).sum(),
    }
    summary = pd.DataFrame(columns).sort_values("R2", ascending=False)
    return r2, summary, [".3f", ".3f", ".2f", ".3f", ".1f", ".0f"], ".3f"


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


def report(arguments):
    """Print the tables of all kinds that there are."""

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
        detail = arguments.protocol if kind == "classification" else f"{arguments.rows} rows"
        print(f"{kind}, {detail}, {len(scores)} sets\n")
        print(simple_table(summary, formats), end="\n\n")
        if arguments.by_set:
            scores.loc["**mean**"] = scores.mean()
            print(simple_table(scores, [score_format] * scores.shape[1]), end="\n\n")
