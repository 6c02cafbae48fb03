"""Convolutional kernels on the 1,797 digits of scikit-learn, 8 x 8 pixels.

    python benchmarks/digits.py [N_JOBS]

Each kernel matrix is evaluated once. Accuracy is that of five shuffled folds, for one-hot ridge
regression and for a support vector machine; alpha, C and, for the RBF kernel, gamma are chosen by
five folds within each training part. Pixels are divided by their common standard deviation.
Shows accuracies, and processor seconds and seconds of the matrix.
"""

import resource
import sys
import time

import numpy as np
from report import progress, show
from sklearn.datasets import load_digits
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from sklearn_ntk._gram import Gram
from sklearn_ntk.kernels import NTK, ConvNNGP, ConvNTK

N_JOBS = int(sys.argv[1]) if len(sys.argv) > 1 else 2
FOLDS = KFold(5, shuffle=True, random_state=0)
KERNELS = {
    "NTK, depth 3": NTK(3),
    "ConvNTK, depth 3, flatten": ConvNTK((8, 8), 3),
    "ConvNTK, depth 3, average": ConvNTK((8, 8), 3, readout="average"),
    "ConvNNGP, depth 3, average": ConvNNGP((8, 8), 3, readout="average"),
}


def same_class(labels, scores):
    return np.mean(labels.argmax(axis=1) == scores.argmax(axis=1))


def accuracy(model, X, y):
    """Mean over the folds, in percent."""
    with threadpool_limits(1):  # the matrices are small
        scores = cross_val_score(model, X, y, cv=FOLDS, scoring=model.scoring)
    return f"{100 * scores.mean():.2f} %"


def main():
    """Show a row for each kernel."""
    X, y = load_digits(return_X_y=True)
    X /= X.std()
    one_hot = np.eye(10)[y]
    ridge = GridSearchCV(
        KernelRidge(kernel="precomputed"),
        {"alpha": [1e-6, 1e-5, 1e-4, 1e-3, 1e-2]},
        scoring=make_scorer(same_class),
    )
    machine = GridSearchCV(SVC(kernel="precomputed"), {"C": [1, 10, 100, 1000, 10000]})
    rows = []
    for name, kernel in KERNELS.items():
        start, processor = time.perf_counter(), time.process_time()
        K = Gram(kernel, X, np.zeros(len(X))).to_array(N_JOBS)
        seconds, processor = time.perf_counter() - start, time.process_time() - processor
        K /= K.diagonal().mean()
        scores = [accuracy(ridge, K, one_hot), accuracy(machine, K, y)]
        rows.append([name, *scores, f"{processor:.1f} s", f"{seconds:.1f} s"])
        progress(*rows[-1])
    grid = {"C": [1, 10, 100], "gamma": [0.005, 0.01, 0.02, 0.04, 0.08]}
    rows.append(["RBF", "", accuracy(GridSearchCV(SVC(), grid), X, y), "", ""])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    progress(f"peak memory {peak:.2f} GiB")
    show(["kernel", "ridge", "SVC", "matrix, processor", "elapsed"], rows)


if __name__ == "__main__":
    main()
