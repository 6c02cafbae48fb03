"""Rewrite the tables of the documentation that were measured: all of them, or those named.

    python benchmarks/tables.py DATA_FOLDER [NAME ...] [--results FOLDER] [--peers PYTHON]

Each is what one benchmark shows, in doc/tables/NAME.rst, with the machine, the versions and the
date; what else the benchmark says goes to the terminal. DATA_FOLDER holds uci_regression,
uci_classification and mnist as the benchmarks describe them. The comparisons with many peers keep
their results in --results and go on where they were stopped, so that a new measurement wants a new
folder. PYTHON is an interpreter with requirements-peers.txt. Seconds need a machine that is
otherwise idle.
"""

import argparse
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
DOC = HERE.parent / "doc"

# The models of the tables, of which CatBoost, XGBoost and xRFM are left out where they are missing.
NESTED = (
    "KernelClassifierCV NTKClassifierCV NNGPClassifier NTKClassifier LaplaceClassifier 'NTK SVC' "
    "'calibrated RBF SVC' 'RBF SVC' RandomForest HistGradientBoosting"
)
PAPER = "KernelClassifierCV NTKClassifier 'NTK SVC' 'RBF SVC'"
OF_4000 = "KernelRegressorCV ARDRegressor RFMRegressor NTKRegressor HistGradientBoosting CatBoost"
OF_1000 = f"{OF_4000} 'HistGradientBoosting tuned' 'KernelRidge tuned' GaussianProcess XGBoost xRFM"
LARGE = "bike elevators keggdirected kin40k parkinsons pol protein"

CLASSIFICATION = "uci.py classification {data}/uci_classification {results}/classification.jsonl"
REGRESSION = "uci.py regression {data}/uci_regression {results}/regression.jsonl"

COMMANDS = {
    "activations": "activations.py",
    "centres": "centres.py {data}/uci_regression",
    "classification_nested": f"{CLASSIFICATION} --max-rows 1100 --models {NESTED}",
    "classification_paper": f"{CLASSIFICATION} --protocol paper --arora90 --max-rows 5000 "
    f"--models {PAPER}",
    "defaults": "defaults.py scores {data}/uci_regression",
    "digits": "digits.py",
    "factor": "engine.py factor",
    "features": "features.py",
    "fit": "engine.py fit",
    "gram": "engine.py gram --peers '{peers}'",
    "image_pairs": "engine.py images",
    "intervals": "intervals.py {examples}",
    "iterations": "iterative.py {data}/uci_regression",
    "kernels": "defaults.py kernels {data}/uci_regression",
    "mnist": "mnist.py {data}/mnist/mnist.npz",
    "outliers": "outliers.py {data}/uci_regression",
    "precision": "engine.py mixed",
    "recommended": "recommended.py {data}/uci_regression",
    "regression_1000": f"{REGRESSION} --rows 1250 --models {OF_1000}",
    "regression_4000": f"{REGRESSION} --rows 5000 --sets {LARGE} --models {OF_4000}",
    "rows": "scaling.py {data}/uci_regression",
    "searches": "model_selection.py",
    "trees": "trees.py {data}/uci_regression",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("names", nargs="*", help=", ".join(COMMANDS))
    parser.add_argument("--results", type=Path, default=HERE / "results")
    parser.add_argument("--peers", default="")
    arguments = parser.parse_intermixed_args()
    unknown = set(arguments.names) - set(COMMANDS)
    if unknown:
        parser.error(f"no tables: {sorted(unknown)}")
    places = vars(arguments) | {"examples": HERE.parent / "examples" / "data"}
    for name in arguments.names or COMMANDS:
        script, *rest = shlex.split(COMMANDS[name].format_map(places))
        print(f"{name}: {script} {shlex.join(rest)}", flush=True)
        command = [sys.executable, HERE / script, *rest]
        shown = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        (DOC / "tables" / f"{name}.rst").write_text(shown, encoding="utf-8")


if __name__ == "__main__":
    main()
