"""The exact engine side by side with its peers, in one run.

    python benchmarks/engine.py [gram] [predict] [gradients] [images] [factor] [loaded] [mixed]
        [fit] [--peers PYTHON]

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
    """Print median seconds of each function, and of the pairwise ratios to the first.

    A function may return its own seconds.
    """
    for function in functions.values():
        function()
    times = np.array([[timed(f) for f in functions.values()] for _ in range(repeats)])
    for name, column in zip(functions, times.T, strict=True):
        ratio = np.median(column / times[:, 0])
        print(f"  {name:<44}{np.median(column):>9.3f} s{ratio:>8.2f}", flush=True)


def kernel_call(kernel, X, n_jobs=2, loops=True):
    """A function that evaluates kernel(X) and returns its seconds, by loops or by passes."""

    def call():
        _compiled.choice = loops
        _compiled.expect(len(X) ** 2)
        with parallel_config(n_jobs=n_jobs):
            return seconds(partial(kernel, X))

    return call


def gram(peers=None):
    """Gram matrices of n=4,000, d=50, float64, two threads."""
    X = np.random.default_rng(0).standard_normal((4000, 50))
    kernel = NTK(3, bias_variance=0.1)
    functions = {
        "NTK depth 3, bias 0.1": kernel_call(kernel, X),
        "one thread": kernel_call(kernel, X, n_jobs=1),
        "without numba": kernel_call(kernel, X, loops=False),
        "without numba, one thread": kernel_call(kernel, X, n_jobs=1, loops=False),
    }
    for name, other in {
        "depth 1, bias 0": NTK(1, bias_variance=0.0),
        "depth 10, bias 0": NTK(10, bias_variance=0.0),
        "erf": NTK(3, bias_variance=0.1, activation="erf"),
        "NNGP": NNGP(3, bias_variance=0.1),
        "ProductLaplace": ProductLaplace(50.0),
    }.items():
        functions[name] = kernel_call(other, X)
        functions[f"{name}, without numba"] = kernel_call(other, X, loops=False)
    if peers:
        functions["neural-tangents jit, depth 3, bias 0.1"] = neural_tangents(
            peers, 4000, 50, 3, 0.1
        )
    try:
        from skntk import NeuralTangentKernel

        functions["scikit-ntk, depth 3, bias 0.1"] = lambda: NeuralTangentKernel(3, bias=0.1)(X)
    except ImportError:
        print("  scikit-ntk is not installed")
    compare(functions)
    out = np.empty((len(X), len(X)))
    _compiled.choice = True
    compare({"into an array that is there": lambda: kernel.fill(X, None, out)})
    _compiled.choice = None


def predict():
    """Predictions of 100,000 rows from 5,000, d=20, NTK of depth 3."""
    rng = np.random.default_rng(0)
    X, Z = rng.standard_normal((5000, 20)), rng.standard_normal((100_000, 20))
    model = NTKRegressor(3, bias_variance=0.1, alpha=0.03, n_jobs=2).fit(X, np.sin(X[:, 0]))

    def call(loops):
        _compiled.choice = loops
        _compiled.expect(1)
        return seconds(partial(model.predict, Z))

    compare({"loops": partial(call, True), "without numba": partial(call, False)}, 3)
    _compiled.choice = None


def gradients():
    """Derivatives of the NTK of depth 3, n=2,000, d=20."""
    X = np.random.default_rng(0).standard_normal((2000, 20))
    kernel, C = NTK(3, bias_variance=0.1), np.ones(2000)

    def call(function, loops):
        _compiled.choice = loops
        _compiled.expect(1)
        return seconds(function)

    for name, function in {
        "by hyperparameters": partial(kernel, X, eval_gradient=True),
        "by inputs": partial(input_gradient, kernel, X, X, C, n_jobs=2),
    }.items():
        calls = {name: partial(call, function, True)}
        calls["without numba"] = partial(call, function, False)
        compare(calls, 3)
    _compiled.choice = None


def images(n=1000):
    """ConvNTK of depth 5 by flattening, on images of 32 x 32 x 3."""
    X = np.random.default_rng(0).uniform(size=(n, 3072))
    kernel = ConvNTK((32, 32, 3), 5)
    compare({f"{n} images": partial(kernel, X)}, 1)


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


def factor(n=10_000, title="idle"):
    """Factorizations of n=10,000."""
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
        gflops = n**3 / 3e9
        ours, in_place, whole = np.array([ours, in_place, whole])
        print(
            f"  {title}, {np.dtype(dtype).name}: ours {np.median(ours):.2f} s "
            f"({gflops / np.median(ours):.0f} GFLOP/s), potrf alone {np.median(in_place):.2f} s "
            f"({gflops / np.median(in_place):.0f}), filling and potrf {np.median(whole):.2f} s; "
            f"potrf / ours {np.median(in_place / ours):.2f}, "
            f"filling and potrf / ours {np.median(whole / ours):.2f}",
            flush=True,
        )


def _spin():
    while True:
        pass


def loaded():
    """The same with one core loaded by another process."""
    process = multiprocessing.Process(target=_spin, daemon=True)
    process.start()
    factor(title="one core loaded")
    process.terminate()


def mixed():
    """Fits in each precision, and the relative residuals they reach."""
    rng = np.random.default_rng(0)
    cases = (3_000, NTK(3)), (5_000, NTK(3)), (10_000, Laplace(6.0)), (10_000, NTK(3))
    for n, kernel in *cases, (20_000, NTK(3)):
        X = rng.standard_normal((n, 20))
        y = np.sin(X[:, 0]) + 0.1 * rng.standard_normal(n)
        print(f"  n={n}, {kernel}")
        models = {
            precision: KernelRegressor(kernel, alpha=0.03, precision=precision, n_jobs=2)
            for precision in ("float64", "float32", "mixed")
        }
        repeats = 3 if n < 20_000 else 1
        compare({name: partial(model.fit, X, y) for name, model in models.items()}, repeats)
        gram = Gram(kernel, X, np.full(n, 0.03))
        for name, model in models.items():
            residual = gram.product(model.dual_coef_.astype(float), 2) - (y - y.mean())
            print(f"    residual {name}: {np.linalg.norm(residual) / np.linalg.norm(y):.1e}")


MODELS = {
    "NTKRegressor": "NTKRegressor(alpha=0.03, n_jobs=2)",
    "NTKRegressor, float32": "NTKRegressor(alpha=0.03, precision='float32', n_jobs=2)",
    "KernelRidge, same kernel": "KernelRidge(kernel=NTK(), alpha=0.03)",
    "GaussianProcessRegressor, same kernel": "GaussianProcessRegressor(NTK(), alpha=0.03, "
    "optimizer=None)",
    "SVR, RBF": "SVR()",
}


def fit():
    """Fit, predict 1,000 rows and peak memory, n=1,000 to 20,000; each in a process of its own."""
    print(f"  {'n':>6}  {'':<40}{'fit s':>8}{'predict s':>11}{'n^2 doubles':>13}")
    for n in 1_000, 5_000, 10_000, 20_000:
        for name, model in MODELS.items():
            command = [sys.executable, __file__, "--one", model, str(n)]
            result = subprocess.run(command, capture_output=True, text=True)
            outcome = result.stdout.rstrip() or f"   failed, exit status {result.returncode}"
            print(f"  {n:>6}  {name:<40}{outcome}", flush=True)


def one(model, n):
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.kernel_ridge import KernelRidge
    from sklearn.svm import SVR

    peers = [NTK, NTKRegressor, GaussianProcessRegressor, KernelRidge, SVR]
    model = eval(model, {peer.__name__: peer for peer in peers})
    X = np.random.default_rng(0).standard_normal((n + 1000, 20))
    y = np.sin(X[:, 0])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fitted = seconds(lambda: model.fit(X[:n], y[:n]))
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / (8 * n * n)
    print(f"{fitted:>8.2f}{seconds(lambda: model.predict(X[n:])):>11.2f}{peak:>13.2f}")


def main():
    functions = gram, predict, gradients, images, factor, loaded, mixed, fit
    parts = {function.__name__: function for function in functions}
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("parts", nargs="*", help=", ".join(parts))
    parser.add_argument("--peers", help="interpreter with neural-tangents")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        one(arguments.one[0], int(arguments.one[1]))
        return
    for name in arguments.parts or parts:
        print(parts[name].__doc__, flush=True)
        parts[name](*[arguments.peers] * (name == "gram"))


if __name__ == "__main__":
    main()
