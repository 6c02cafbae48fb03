"""MNIST with the ReLU NNGP, by the protocol of Lee et al. (ICLR 2018).

    python benchmarks/mnist.py MNIST_NPZ [n ...]

A class-balanced subset of the last 50,000 training images (the first 10,000 validate); pixels
divided by 255 minus their mean over the subset, each image then brought to mean 0 and variance
1; the class is the largest of ten regressions on centred one-hot targets, with the jitter of the
paper as ridge. Prints accuracy and log loss on the 10,000 test images, seconds and peak memory of
the process. The paper: 92.79 (n = 1,000), 97.65 (10,000), 98.75 (50,000).
"""

import argparse
import resource
from time import perf_counter

import numpy as np
from report import progress, show
from sklearn.metrics import log_loss

from sklearn_ntk import NNGPClassifier

# n: depth, weight variance, bias variance, alpha, precision. The smallest eigenvalues of these
# matrices are 1e-6 and carry information, while float32 knows a matrix of this size to 1e-5.
SETTINGS = {
    1_000: (20, 1.45, 0.28, 1e-10, "float64"),
    10_000: (7, 0.61, 0.07, 1e-10, "float64"),
    50_000: (1, 0.10, 0.48, 1e-10, "float64"),
}
THE_PAPER = {1_000: 92.79, 10_000: 97.65, 50_000: 98.75}


def balanced(y, n):
    """The first n / 10 rows of each class, or all rows if that is n."""
    if n == len(y):
        return np.arange(n)
    return np.sort(np.concatenate([np.flatnonzero(y == k)[: n // 10] for k in range(10)]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("file")
    parser.add_argument("n", nargs="*", type=int, default=list(SETTINGS))
    parser.add_argument("--alpha", type=float)
    parser.add_argument("--precision")
    arguments = parser.parse_args()
    data = np.load(arguments.file)
    images, y, test_images, y_test = (
        data[name] for name in ("X_train", "y_train", "X_test", "y_test")
    )
    images, y = images[10_000:], y[10_000:]
    table = []
    for n in arguments.n:
        rows = balanced(y, n)
        mean = images[rows].mean() / 255
        X, X_test = (
            x.reshape(len(x), -1) / np.float64(255) - mean for x in (images[rows], test_images)
        )
        for x in X, X_test:
            x -= x.mean(axis=1, keepdims=True)
            x /= x.std(axis=1, keepdims=True)
        depth, weight_variance, bias_variance, alpha, precision = SETTINGS[n]
        alpha, precision = arguments.alpha or alpha, arguments.precision or precision
        model = NNGPClassifier(
            depth,
            weight_variance=weight_variance,
            bias_variance=bias_variance,
            alpha=alpha,
            precision=precision,
            # Ridges as small as this would take conjugate gradients too many iterations.
            solver="cholesky",
            n_jobs=2,
        )
        start = perf_counter()
        model.fit(X, y[rows])
        fitted = perf_counter()
        probabilities = model.predict_proba(X_test)
        predicted = perf_counter()
        accuracy = np.mean(probabilities.argmax(axis=1) == y_test)
        loss = log_loss(y_test, probabilities)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        progress(f"{n} rows, alpha {alpha:g}, {precision}, predictions {predicted - fitted:.1f} s")
        row = [f"{n:,}", str(depth), f"{100 * accuracy:.2f} %", f"{THE_PAPER[n]:.2f} %"]
        table.append([*row, f"{loss:.3f}", f"{fitted - start:.1f} s", f"{peak:.1f} GiB"])
    header = ["rows", "depth", "accuracy", "the paper", "log loss", "fit", "peak memory"]
    show(header, table)


if __name__ == "__main__":
    main()
