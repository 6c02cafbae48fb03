"""Any nonlinearity, by its Hermite series.

With phi(sqrt(q) g) = sum_k c_k(q) h_k(g), h_k the orthonormal Hermite polynomials, Mehler's
formula gives ::

    E[phi(u) phi(v)]                       = sum_k   c_k(q_x) c_k(q_z) rho^k
    E[phi'(u) phi'(v)] sqrt(q_x q_z)       = sum_k k c_k(q_x) c_k(q_z) rho^(k - 1).

Every partial sum is the exact kernel of a polynomial activation, so it is symmetric and positive
semi-definite whatever the error of c_k, and its derivative needs no derivative of phi.
"""

from dataclasses import dataclass
from functools import lru_cache
from numbers import Integral

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_scalar

from ..._warnings import warn
from .._arrays import PART, divide, slices
from ._base import Normalized

MAX_DEGREE = 511
# Share of the second moment beyond the last term, at which a series is worth a warning.
TOO_SHORT = 1e-3


class HermiteSeries(Normalized):
    """What polynomials and numerical activations share.

    Subclasses define ``_coefficients(q)``, which returns an array of the shape of q with one
    more axis, the c_k.
    """

    def _series(self, q):
        """c_k(q), continued to complex q to first order."""
        c = self._coefficients(np.real(q))
        if not np.iscomplexobj(q):
            return c
        # d c_k / d log q = (k c_k + sqrt((k + 1) (k + 2)) c_{k + 2}) / 2
        k = np.arange(c.shape[-1])
        slope = k * c
        slope[..., :-2] += (np.sqrt((k + 1) * (k + 2)) * np.roll(c, -2, axis=-1))[..., :-2]
        return c + 0.5j * divide(np.imag(q), np.real(q))[..., np.newaxis] * slope

    def second_moment(self, q):
        return (self._series(q) ** 2).sum(axis=-1)

    def stretch(self, q):
        c = self._unit_series(q)
        return (np.arange(c.shape[-1]) * c**2).sum(axis=-1)

    def _from_haversines(self, h, g, q_x, q_z, gap):
        # 1 - rho^k = 2 h (1 + rho + ... + rho^(k-1)): powers of rho meet tails of the series.
        c_x, c_z = (np.moveaxis(self._unit_series(q), -1, 0) for q in (q_x, q_z))
        rho, tail, total = g - h, 0.0, np.zeros_like(h)
        for k in reversed(range(1, _significant_terms(c_x, c_z))):
            tail = tail + c_x[k] * c_z[k]
            total = total * rho + tail
        # What one of the two series has beyond the other counts as missing in both.
        apart = sum((x - z) ** 2 for x, z in zip(c_x, c_z, strict=False))
        return h * total + apart / 4, self.normalized(rho, q_x, q_z)[1]

    def normalized(self, rho, q_x, q_z):
        c_x, c_z = (np.moveaxis(self._unit_series(q), -1, 0).copy() for q in (q_x, q_z))
        n_terms = _significant_terms(c_x, c_z)
        shape = np.broadcast_shapes(rho.shape, np.shape(q_x), np.shape(q_z))
        kappa = np.zeros(shape, dtype=np.result_type(rho, c_x, c_z))
        kappa_dot, term = np.zeros_like(kappa), np.empty_like(kappa)
        for k in reversed(range(n_terms)):  # Horner, for the sum and its derivative
            kappa_dot *= rho
            kappa_dot += kappa
            kappa *= rho
            kappa += np.multiply(c_x[k], c_z[k], out=term)
        return kappa, kappa_dot

    def _unit_series(self, q):
        c = self._series(q)
        return divide(c, np.sqrt((c**2).sum(axis=-1, keepdims=True)))


def _significant_terms(*series):
    n_terms = min(map(len, series))
    largest = [np.abs(c[:n_terms]).reshape(n_terms, -1).max(axis=1) for c in series]
    significant = np.arange(1, n_terms + 1) * np.prod(largest, axis=0) > 1e-16
    return np.max(np.flatnonzero(significant), initial=0) + 1


@dataclass(frozen=True)
class Polynomial(HermiteSeries):
    """phi(u) = coefficients[0] + coefficients[1] u + coefficients[2] u^2 + ...

    Parameters
    ----------
    coefficients : tuple of float
        The last one is not zero.

    References
    ----------
    Daniely, Frostig and Singer, Toward Deeper Understanding of Neural Networks, NeurIPS 2016.
    """

    coefficients: tuple

    def __post_init__(self):
        c = np.asarray(self.coefficients, dtype=float)
        if c.ndim != 1 or not len(c) or not np.isfinite(c).all() or c[-1] == 0:
            raise ValueError(
                f"coefficients == {self.coefficients}, must be finite numbers, the last not 0."
            )
        object.__setattr__(self, "coefficients", tuple(c.tolist()))

    def __call__(self, u):
        return np.polynomial.polynomial.polyval(u, self.coefficients)

    def derivative(self, u):
        slopes = np.polynomial.polynomial.polyder(self.coefficients)
        return np.polynomial.polynomial.polyval(u, slopes)

    @property
    def parity(self):
        """1 for even powers only, -1 for odd ones."""
        even, odd = any(self.coefficients[::2]), any(self.coefficients[1::2])
        return int(even) - int(odd)

    def _coefficients(self, q):
        n_terms = len(self.coefficients)
        nodes, basis = _gauss_hermite(n_terms)
        return self(np.sqrt(q)[..., np.newaxis] * nodes) @ basis


def monomial(degree):
    """phi(u) = u^degree.

    Parameters
    ----------
    degree : int
        At least 0.

    Returns
    -------
    activation : Polynomial
    """
    check_scalar(degree, "degree", Integral, min_val=0)
    return Polynomial((0.0,) * degree + (1.0,))


def hermite(degree):
    """The orthonormal Hermite polynomial.

    For preactivations of variance 1, as after layer normalisation, its dual is rho^degree.

    Parameters
    ----------
    degree : int
        At least 0.

    Returns
    -------
    activation : Polynomial
    """
    check_scalar(degree, "degree", Integral, min_val=0)
    powers = np.polynomial.hermite_e.herme2poly([0] * degree + [1])
    return Polynomial(tuple(powers / np.sqrt(float(np.prod(np.arange(1.0, degree + 1))))))


@dataclass(frozen=True)
class Numerical(HermiteSeries):
    """Any function, by numerical integration.

    Series of up to 512 terms: analytic functions converge to rounding for variances up to about
    10; functions with a kink converge like a power of the number of terms. A warning says
    when more than 1e-3 of the second moment is missing.

    Parameters
    ----------
    function : callable
        Maps an array to an array of the same shape. It may have a kink or a jump
        at 0 without loss of accuracy in the integrals. A lambda, or a function defined within
        another, cannot be pickled, and neither can a model that uses it: define the function at
        the top level of a module to save the model or send it to other processes.
    slope : callable, default=None
        What takes the place of phi' in the tangent kernel, vectorised; None is the derivative
        of the series. Needed where phi' itself says nothing, as for step functions.

    References
    ----------
    Daniely, Frostig and Singer, Toward Deeper Understanding of Neural Networks, NeurIPS 2016,
    section 4, on the dual activation.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ntk.kernels import NNGP
    >>> from sklearn_ntk.kernels.activations import Numerical
    >>> NNGP(1, activation=Numerical(np.cos), bias_variance=0.0)(np.eye(2)).round(4)
    array([[1.1353, 0.7358],
           [0.7358, 1.1353]])
    """

    function: object
    slope: object = None

    def __call__(self, u):
        return self.function(u)

    def derivative(self, u):
        slope = self.slope or getattr(self.function, "derivative", None)
        if slope is not None:
            return slope(u)
        step = 1e-6 * np.maximum(np.abs(u), 1)
        return (self.function(u + step) - self.function(u - step)) / (2 * step)

    def normalized(self, rho, q_x, q_z):
        kappa, kappa_dot = super().normalized(rho, q_x, q_z)
        if self.slope is not None:
            other = Numerical(self.slope)
            kappa_dot, _ = HermiteSeries.normalized(other, rho, q_x, q_z)
            kappa_dot = kappa_dot * (self._relative(other, q_x) * self._relative(other, q_z))
        return kappa, kappa_dot

    def second_moment(self, q):
        return self._in_chunks(super().second_moment, q)

    def stretch(self, q):
        return self._in_chunks(super().stretch, q)

    def _in_chunks(self, function, q):
        q = np.asarray(q)
        parts = [function(q.ravel()[part]) for part in slices(q.size, PART)]
        return np.concatenate([np.empty(0), *parts]).reshape(q.shape)

    def _relative(self, other, q):
        return np.sqrt(q * divide(other.second_moment(q), self.second_moment(q)))

    def _coefficients(self, q):
        values = self._values(np.sqrt(q)[..., np.newaxis] * gaussian_panels()[0])
        moment = values**2 @ gaussian_panels()[1]
        n_terms = 64
        while True:
            # As one matrix product: NumPy multiplies stacks of single rows one at a time.
            flat = values.reshape(-1, values.shape[-1]) @ _hermite_basis(n_terms)
            c = flat.reshape(*values.shape[:-1], n_terms)
            missing = divide(moment - (c**2).sum(axis=-1), moment)
            last = np.arange(3 * n_terms // 4, n_terms)  # what they add to kappa_dot
            end = divide((last * c[..., last] ** 2).sum(axis=-1), moment)
            if n_terms > MAX_DEGREE or (np.maximum(missing, 100 * end) < 1e-12).all():
                break
            n_terms *= 2
        if (missing > TOO_SHORT).any():
            warn(
                f"The Hermite series of {self.function!r} misses {missing.max():.1e} of its "
                f"second moment at variance {np.ravel(q)[np.argmax(missing)]:.3g}. Scale the rows, "
                "lower weight_variance, or use an activation with a closed form.",
                ConvergenceWarning,
            )
        return c

    def _values(self, u):
        try:
            values = np.asarray(self.function(u))
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"The activation {self.function!r} fails on an array ({error}); it must be "
                "vectorised: write it with functions such as numpy.tanh and numpy.where instead "
                "of math.tanh and if, or wrap it in numpy.vectorize."
            ) from error
        if values.shape != u.shape:
            raise ValueError(
                f"The activation {self.function!r} maps an array of shape {u.shape} to shape "
                f"{values.shape}; it must be vectorised."
            )
        if not np.isrealobj(values):
            raise ValueError(f"The activation {self.function!r} is not real.")
        if not np.isfinite(values).all():
            raise ValueError(
                f"The activation {self.function!r} is not finite at "
                f"{np.ravel(u)[np.argmin(np.isfinite(values))]:.6g}."
            )
        return values


@lru_cache(maxsize=8)
def _gauss_hermite(n_terms):
    """Nodes g_i, and the matrix w_i h_k(g_i), exact for polynomials of degree < n_terms."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(n_terms)
    weights = weights / weights.sum()
    return nodes, weights[:, np.newaxis] * _hermite(nodes, n_terms)


@lru_cache(maxsize=1)
def gaussian_panels():
    """A Gauss-Legendre rule for Gaussian expectations, in panels that shrink towards 0.

    A kink at 0 lies between two of them, and steep functions, as phi(sqrt(q) g) is for large q,
    are resolved down to 1e-3.
    """
    edges = np.append(0, 2.0 ** np.arange(-10, 0))
    edges = np.concatenate([edges, np.arange(1, 13.5, 0.5)])
    edges = np.concatenate([-edges[:0:-1], edges])
    x, w = np.polynomial.legendre.leggauss(16)
    middle, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
    nodes = (middle[:, np.newaxis] + half[:, np.newaxis] * x).ravel()
    weights = (half[:, np.newaxis] * w).ravel() * np.exp(-(nodes**2) / 2) / np.sqrt(2 * np.pi)
    return nodes, weights


@lru_cache(maxsize=8)
def _hermite_basis(n_terms):
    nodes, weights = gaussian_panels()
    return weights[:, np.newaxis] * _hermite(nodes, n_terms)


def _hermite(x, n_terms):
    """h_k(x) for k < n_terms, shape (len(x), n_terms)."""
    h = np.zeros((n_terms + 1, len(x)))
    h[0] = 1
    for k in range(n_terms - 1):
        h[k + 1] = (x * h[k] - np.sqrt(k) * h[k - 1]) / np.sqrt(k + 1)
    return h[:n_terms].T
