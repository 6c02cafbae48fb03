"""Which centres for NystroemRegressor: k-means, pivots or random rows?

    python benchmarks/centres.py DATA_FOLDER [--sets ...] [--sizes 500 2000]

DATA_FOLDER holds the UCI regression sets as prepared by github.com/treforevans/uci_datasets. A
tenth of the rows of each, at random, are for the test; columns and target are standardised on the
others. The kernel is the NTK, the ridge that of leave-one-out on training rows. Shows root mean
square errors in standard deviations of the target.
"""

import argparse
from pathlib import Path

import numpy as np
from report import progress, show
from trees import split

from sklearn_ntk import NystroemRegressor
from sklearn_ntk.kernels import NTK

SETS = ["kin40k", "keggdirected", "bike", "elevators", "pol", "parkinsons"]
CENTERS = {"k-means": "k-means", "pivoted_cholesky": "pivoted Cholesky", "uniform": "uniform"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--sizes", nargs="+", type=int, default=[500, 2000])
    arguments = parser.parse_args()
    rows = []
    for name in arguments.sets:
        train, test = split(arguments.folder / name / "data.csv.gz")
        for size in arguments.sizes:
            errors = []
            for centers in CENTERS:
                model = NystroemRegressor(NTK(), n_components=size, centers=centers)
                found = model.fit(train[:, :-1], train[:, -1]).predict(test[:, :-1])
                errors.append(np.sqrt(np.mean((found - test[:, -1]) ** 2)))
            label = f"{name}, {len(train):,}"
            rows.append([label, f"{size:,}", *map("{:.4f}".format, errors)])
            progress(*rows[-1])
    show(["set, rows", "centres", *CENTERS.values()], rows)


if __name__ == "__main__":
    main()
