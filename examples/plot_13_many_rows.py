"""
Sixty thousand images of digits
===============================

An exact fit of 60,000 rows takes ten minutes and 13 GiB. A classifier on centres of the kernel
takes seconds to a minute, in as little memory as wanted, and so does a linear one on random
features.

With the path of the file ``mnist.npz`` as its argument this runs on MNIST, where 250, 1,000 and
4,000 centres leave 6.8, 3.8 and 2.3 % of errors, in 1, 7 and 91 seconds on two cores. Without, it
makes as many images of scikit-learn's digits, moved by a pixel and with noise: its test images come
from digits that no training image was made of.
"""

# %%
# The images
# ----------
import sys
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogLocator
from sklearn.datasets import load_digits
from sklearn.kernel_approximation import RBFSampler
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline

from sklearn_ntk import NNGPFeatures, NystroemClassifier
from sklearn_ntk.kernels import NNGP


def moved_digits(images, labels, n, rng):
    """Copies of images, each moved by up to a pixel in both directions, with noise."""
    rows = rng.integers(len(images), size=n)
    down, right = rng.integers(-1, 2, size=(2, n, 1, 1))
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))[rows]
    i, j = np.arange(8)[:, np.newaxis] + 1 + down, np.arange(8) + 1 + right
    moved = np.take_along_axis(np.take_along_axis(padded, i, 1), j, 2)
    return moved + rng.normal(scale=2.0, size=moved.shape), labels[rows]


if len(sys.argv) > 1 and sys.argv[1].endswith(".npz"):
    data = np.load(sys.argv[1])
    X, y, X_test, y_test = (data[name] for name in ("X_train", "y_train", "X_test", "y_test"))
    sizes = [250, 1000, 4000]
else:
    digits, rng = load_digits(), np.random.default_rng(0)
    X, y = moved_digits(digits.images[:1200], digits.target[:1200], 60_000, rng)
    X_test, y_test = moved_digits(digits.images[1200:], digits.target[1200:], 10_000, rng)
    sizes = [125, 500]
X, X_test = (part.reshape(len(part), -1).astype(np.float32) for part in (X, X_test))
scale = X.std()
X, X_test = X / scale, X_test / scale
print(f"{len(X):,} training and {len(X_test):,} test images of {X.shape[1]} pixels")

# %%
# Centres and features
# --------------------
# Ridge and probabilities of the classifier on centres are found by leave-one-out. Those of the
# linear classifiers are a guess; no choice was made by test images.
results = {}
for size in sizes:
    models = {
        "NystroemClassifier": NystroemClassifier(NNGP(2), n_components=size),
        "NNGPFeatures and ridge": make_pipeline(
            NNGPFeatures(2, n_components=size, random_state=0), RidgeClassifier(1.0)
        ),
        "RBFSampler and ridge": make_pipeline(
            RBFSampler(gamma=0.5 / X.shape[1], n_components=size, random_state=0),
            RidgeClassifier(1.0),
        ),
    }
    for name, model in models.items():
        start = perf_counter()
        model.fit(X, y)
        seconds, error = perf_counter() - start, 1 - model.score(X_test, y_test)
        results.setdefault(name, []).append((seconds, error))
        print(f"{name:<24}{size:>6}  {seconds:6.1f} s  test error {100 * error:5.2f} %")

# %%
# Errors against time
# -------------------
figure, axis = plt.subplots(figsize=(7, 4), layout="constrained")
for name, pairs in results.items():
    seconds, errors = np.array(pairs).T
    axis.loglog(seconds, 100 * errors, "o-", label=name)
    for size, x, error in zip(sizes, seconds, errors, strict=True):
        axis.annotate(f"{size:,}", (x, 100 * error), (4, 4), textcoords="offset points", fontsize=8)
axis.set(xlabel="seconds of the fit", ylabel="test error (%)", title=f"{len(X):,} images")
for direction in axis.xaxis, axis.yaxis:
    direction.set_major_locator(LogLocator(subs=(1, 2, 5)))
    direction.set_major_formatter("{x:g}")
    direction.set_minor_formatter("")
axis.legend(frameon=False)
plt.show()
