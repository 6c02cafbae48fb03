"""The exact engine side by side with its peers, in one run.

    python benchmarks/engine.py gram|predict|gradients|images|factor|mixed|fit [--peers PYTHON]

PYTHON is the interpreter of an environment with requirements-peers.txt, for neural-tangents,
which does not run beside a current NumPy. Needs a machine that is otherwise idle. Repeats are
interleaved and the ratios are medians of pairs taken one after the other, because shared machines
drift. Peers that are not installed are left out.
"""

import argparse
import multiprocessing
import resource
import subprocess
import sys
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
from joblib import parallel_config
from report import progress, show
from scipy.linalg import lapack

from sklearn_ntk import KernelRegressor, NTKRegressor, _compiled
from sklearn_ntk._gram import Gram
from sklearn_ntk._solvers import cholesky
from sklearn_ntk.kernels import NNGP, NTK, ConvNTK, Laplace, ProductLaplace, input_gradient

REPEATS = 7


def seconds(function):
    start = perf_counter()
    function()
    return perf_counter() - start


def timed(function):
    start = perf_counter()
    own = function()
    return own if isinstance(own, float) else perf_counter() - start


def compare(functions, repeats=REPEATS):
    """Median seconds of each function, and of the pairwise ratios to the first.

    A function may return its own seconds.
    """
    for function in functions.values():
        function()
    times = np.array([[timed(f) for f in functions.values()] for _ in range(repeats)])
    return np.median(times, axis=0), np.median(times / times[:, :1], axis=0)


def compared(title, functions, repeats=REPEATS):
    """Show them as a table."""
    rows = zip(functions, *compare(functions, repeats), strict=True)
    rows = [[name, f"{one:.2g}", f"{ratio:.1f}"] for name, one, ratio in rows]
    show([title, "seconds", "relative"], rows, "scikit-ntk")


def kernel_call(kernel, *rows, n_jobs=2, loops=True):
    """A function that evaluates kernel(X) or kernel(X, Z), by loops or by passes, for `timed`."""

    def call():
        _compiled.choice = loops
        _compiled.expect(len(rows[0]) * len(rows[-1]))
        with parallel_config(n_jobs=n_jobs):
            return seconds(partial(kernel, *rows))

    return call


def gram(peers=None):
    """Gram matrices of n=4,000, d=50, float64, two threads."""
    X = np.random.default_rng(0).standard_normal((4000, 50))
    kernel = NTK(3, bias_variance=0.1)
    functions = {
        "this package, depth 3, bias 0.1": kernel_call(kernel, X),
        "one thread": kernel_call(kernel, X, n_jobs=1),
        "without ``fast``": kernel_call(kernel, X, loops=False),
        "without ``fast``, one thread": kernel_call(kernel, X, n_jobs=1, loops=False),
    }
    for name, other in {
        "depth 1, no bias": NTK(1, bias_variance=0.0),
        "depth 10, no bias": NTK(10, bias_variance=0.0),
        "erf, depth 3": NTK(3, bias_variance=0.1, activation="erf"),
        "NNGP, depth 3": NNGP(3, bias_variance=0.1),
        "ProductLaplace": ProductLaplace(50.0),
    }.items():
        functions[name] = kernel_call(other, X)
        functions[f"{name}, without ``fast``"] = kernel_call(other, X, loops=False)
    if peers:
        functions["neural-tangents, jit, depth 3"] = neural_tangents(peers, 4000, 50, 3, 0.1)
    try:
        from skntk import NeuralTangentKernel

        functions["scikit-ntk, depth 3"] = lambda: NeuralTangentKernel(3, bias=0.1)(X)
    except ImportError:
        progress("scikit-ntk is not installed")
    out = np.empty((len(X), len(X)))

    def fill():
        _compiled.choice = True
        return seconds(lambda: kernel.fill(X, None, out))

    functions["this package, into an array that is there"] = fill
    compared("Gram matrix", functions)


def predict():
    """Predictions of 100,000 rows from 5,000, d=20, NTK of depth 3."""
    rng = np.random.default_rng(0)
    X, Z = rng.standard_normal((5000, 20)), rng.standard_normal((100_000, 20))
    model = NTKRegressor(3, bias_variance=0.1, alpha=0.03, n_jobs=2).fit(X, np.sin(X[:, 0]))

    def call(loops):
        _compiled.choice = loops
        _compiled.expect(1)
        return seconds(partial(model.predict, Z))

    calls = {"this package": partial(call, True), "without ``fast``": partial(call, False)}
    compared("100,000 predictions", calls, 3)


def gradients():
    """Derivatives of the NTK of depth 3, n=2,000, d=20."""
    X = np.random.default_rng(0).standard_normal((2000, 20))
    kernel, C = NTK(3, bias_variance=0.1), np.ones(2000)

    def call(function, loops):
        _compiled.choice = loops
        _compiled.expect(1)
        return seconds(function)

    calls = {}
    for name, function in {
        "by hyperparameters": partial(kernel, X, eval_gradient=True),
        "by inputs": partial(input_gradient, kernel, X, X, C, n_jobs=2),
    }.items():
        calls[name] = partial(call, function, True)
        calls[f"{name}, without ``fast``"] = partial(call, function, False)
    compared("derivatives", calls, 3)


# Shape of the images, and how many take about a second with 64 others, flattened and averaged.
IMAGES = {
    "8 x 8": ((8, 8), 4000, 128),
    "16 x 16": ((16, 16), 2000, 16),
    "28 x 28": ((28, 28), 1000, 2),
    "32 x 32 x 3": ((32, 32, 3), 500, 1),
}


def images():
    """One pair of images of many, ConvNTK of depth 3, on one core."""
    rows, rng = [], np.random.default_rng(0)
    for name, (shape, n_flatten, n_average) in IMAGES.items():
        cells = [name]
        for readout, n in ("flatten", n_flatten), ("average", n_average):
            X, Z = (rng.uniform(size=(m, np.prod(shape))) for m in (n, 64))
            kernel = ConvNTK(shape, 3, readout=readout)
            calls = {
                loops: kernel_call(kernel, X, Z, n_jobs=1, loops=loops) for loops in (True, False)
            }
            for one in compare(calls, 3)[0] / (64 * n):
                cells.append(f"{1e6 * one:.2g} us" if one < 1e-4 else f"{1e3 * one:.2g} ms")
        rows.append(cells)
        progress(*cells)
    header = ["image", "flatten, a pair", "without ``fast``", "average, a pair", "without ``fast``"]
    show(header, rows)


def neural_tangents(python, *arguments):
    """A function that returns the seconds of a call in an environment of its own."""
    script = Path(__file__).with_name("neural_tangents_gram.py")
    process = subprocess.Popen(
        [python, script, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )

    def call():
        process.stdin.write("\n")
        process.stdin.flush()
        return float(process.stdout.readline())

    return call


class Constant:
    """A matrix that costs nothing to evaluate: 0.5, and n on the diagonal."""

    def __init__(self, n, dtype):
        self.shape, self.dtype = (n, n), np.dtype(dtype)

    def fill_block(self, rows, cols, out):
        out[...] = 0.5
        if rows == cols:
            out[np.diag_indices(len(out))] = len(self)

    def __len__(self):
        return self.shape[0]


def factor(n=10_000):
    """Factorizations of n=10,000, idle and with one core loaded by another process."""
    rows = factorizations(n, "")
    process = multiprocessing.Process(target=_spin, daemon=True)
    process.start()
    rows += factorizations(n, ", one core loaded")
    process.terminate()
    header = ["matrix", "ours (s)", "potrf (s)", "filling and potrf (s)", "GFLOP/s of ours"]
    show(header, rows)


def factorizations(n, title):
    """A row for each precision."""
    rows = []
    for dtype, name in (np.float64, "dpotrf"), (np.float32, "spotrf"):
        A = Constant(n, dtype)
        in_place, whole, ours = [], [], []
        for _ in range(REPEATS):
            start = perf_counter()
            full = np.empty(A.shape, dtype=dtype, order="F")
            full[...] = 0.5
            full.flat[:: n + 1] = n
            potrf = getattr(lapack, name)
            in_place.append(seconds(lambda p=potrf, a=full: p(a, lower=1, overwrite_a=1, clean=0)))
            whole.append(perf_counter() - start)
            del full
            ours.append(seconds(lambda A=A: cholesky(A, n_jobs=2)))
        medians = np.median([ours, in_place, whole], axis=1)
        label = np.dtype(dtype).name + title
        rows.append([label, *map("{:.2f}".format, medians), f"{n**3 / 3e9 / medians[0]:.0f}"])
        ratios = np.median(np.divide([in_place, whole], ours), axis=1)
        progress(*rows[-1], "potrf / ours {:.2f}, filling and potrf / ours {:.2f}".format(*ratios))
    return rows


def _spin():
    while True:
        pass


def mixed():
    """Fits in each precision; says the relative residuals they reach."""
    rng = np.random.default_rng(0)
    cases = {
        "NTK depth 3, 3,000": (3_000, NTK(3)),
        "NTK depth 3, 5,000": (5_000, NTK(3)),
        "NTK depth 3, 10,000": (10_000, NTK(3)),
        "Laplace, 10,000": (10_000, Laplace(6.0)),
    }
    rows = []
    for label, (n, kernel) in cases.items():
        X = rng.standard_normal((n, 20))
        y = np.sin(X[:, 0]) + 0.1 * rng.standard_normal(n)
        models = {
            precision: KernelRegressor(kernel, alpha=0.03, precision=precision, n_jobs=2)
            for precision in ("float64", "float32", "mixed")
        }
        fits = {name: partial(model.fit, X, y) for name, model in models.items()}
        times, ratios = compare(fits, 3)
        rows.append([label, f"{times[0]:.2f} s", *map("{:.2f}".format, ratios[1:])])
        gram = Gram(kernel, X, np.full(n, 0.03))
        for name, model in models.items():
            residual = gram.product(model.dual_coef_.astype(float), 2) - (y - y.mean())
            relative = np.linalg.norm(residual) / np.linalg.norm(y)
            progress(f"{label}, {name}: relative residual {relative:.1e}")
    show(["kernel, rows", *models], rows)


MODELS = {
    "NTKRegressor": "NTKRegressor(alpha=0.03, n_jobs=2)",
    "NTKRegressor, float32": "NTKRegressor(alpha=0.03, precision='float32', n_jobs=2)",
    "KernelRidge": "KernelRidge(kernel=NTK(), alpha=0.03)",
    "GaussianProcess...": "GaussianProcessRegressor(NTK(), alpha=0.03, optimizer=None)",
    "SVR, RBF kernel": "SVR()",
}


def fit():
    """Fit, predict 1,000 rows and peak memory, each in a process of its own."""
    rows = []
    for n in 5_000, 10_000, 20_000:
        for name, model in MODELS.items():
            command = [sys.executable, __file__, "--one", model, str(n)]
            result = subprocess.run(command, capture_output=True, text=True)
            cells = result.stdout.split() or [f"exit status {result.returncode}", "", ""]
            rows.append([f"{n:,}", name, *cells])
            progress(*rows[-1])
    header = ["rows", "model", "fit (s)", "1,000 predictions (s)", "memory"]
    show(header, rows)


def one(model, n):
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.kernel_ridge import KernelRidge
    from sklearn.svm import SVR

    peers = [NTK, NTKRegressor, GaussianProcessRegressor, KernelRidge, SVR]
    model = eval(model, {peer.__name__: peer for peer in peers})
    X = np.random.default_rng(0).standard_normal((n + 1000, 20))
    y = np.sin(X[:, 0])
    # Compiles the loops, and imports what is imported on demand.
    model.fit(X[:1500], y[:1500]).predict(X[n:])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fitted = seconds(lambda: model.fit(X[:n], y[:n]))
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / (8 * n * n)
    print(f"{fitted:.2f} {seconds(lambda: model.predict(X[n:])):.2f} {peak:.2f}")


def main():
    functions = gram, predict, gradients, images, factor, mixed, fit
    parts = {function.__name__: function for function in functions}
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("part", nargs="?", choices=parts)
    parser.add_argument("--peers", help="interpreter with neural-tangents")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        one(arguments.one[0], int(arguments.one[1]))
    elif not arguments.part:
        parser.error("which part?")
    else:
        parts[arguments.part](*[arguments.peers] * (arguments.part == "gram"))


if __name__ == "__main__":
    main()
