"""Values with their differentials, so that one formula is a kernel and its derivatives.

The functions here take arrays and jets alike: a formula that is written with them and with
+ - * / differentiates itself, forward, wherever one of its arguments is a `Jet`.
"""

import numpy as np

from . import _arrays


class Jet:
    """A value and its differentials along a few directions.

    Parameters
    ----------
    value : ndarray or float
    d : tuple of ndarray or float
        One differential for each direction, which broadcasts against `value`.
    """

    # An array on the left of an operator leaves the operation to the jet.
    __array_ufunc__ = None

    def __init__(self, value, d):
        self.value = value
        self.d = tuple(d)

    def __add__(self, other):
        d = (a + b for a, b in zip(self.d, differentials(other, self), strict=True))
        return Jet(self.value + value_of(other), d)

    def __mul__(self, other):
        v, w = self.value, value_of(other)
        d = (a * w + v * b for a, b in zip(self.d, differentials(other, self), strict=True))
        return Jet(v * w, d)

    __radd__, __rmul__ = __add__, __mul__

    def __sub__(self, other):
        return self + -1 * other

    def __rsub__(self, other):
        return -1 * self + other

    def __truediv__(self, other):
        return divide(self, other)

    def __rtruediv__(self, other):
        return divide(other, self)

    def map(self, function):
        """The jet of a linear map of arrays."""
        shape = np.shape(self.value)
        return Jet(function(self.value), (function(np.broadcast_to(d, shape)) for d in self.d))

    def __getitem__(self, index):
        return self.map(lambda values: values[index])


def value_of(x):
    """The value of a jet, or the array itself."""
    return x.value if isinstance(x, Jet) else x


def differentials(x, like):
    """The differentials of a jet, or zeros in the directions of another."""
    return x.d if isinstance(x, Jet) else (0.0,) * len(like.d)


def divide(a, b, otherwise=0.0):
    """a / b, and the constant `otherwise` where b is 0."""
    if not isinstance(a, Jet) and not isinstance(b, Jet):
        return _arrays.divide(a, b, otherwise)
    jet = a if isinstance(a, Jet) else b
    denominator = value_of(b)
    ratio = _arrays.divide(value_of(a), denominator, otherwise)
    pairs = zip(differentials(a, jet), differentials(b, jet), strict=True)
    return Jet(ratio, (_arrays.divide(p - ratio * q, denominator) for p, q in pairs))


def sqrt(x):
    """The square root, constant where it is 0."""
    if not isinstance(x, Jet):
        return np.sqrt(x)
    root = np.sqrt(x.value)
    return Jet(root, (_arrays.divide(d, 2 * root) for d in x.d))


def positive(x):
    """x, of which rounding may have made less than 0."""
    if not isinstance(x, Jet):
        return np.maximum(x, 0)
    return Jet(np.maximum(x.value, 0), x.d)


def second_moment(activation, q):
    """E[phi(u)^2] for variances q of u."""
    if not isinstance(q, Jet):
        return activation.second_moment(q)
    m, slope = activation.second_moment(q.value), activation.log_slope(q.value)
    return Jet(m, m * slope * log_differentials(q))


def at_haversines(activation, h, g, q_x, q_z, gap):
    """`Activation.at_haversines`; if anything is a jet, h and g are."""
    if not isinstance(h, Jet):
        return activation.at_haversines(h, g, q_x, q_z, gap)
    state = h.value, g.value, value_of(q_x), value_of(q_z)
    h_next, g_next, kappa_dot = activation.at_haversines(*state, gap)
    d_logs = log_differentials(q_x), log_differentials(q_z)
    d_kappa, d_kappa_dot = activation.differential(*state, -2 * stacked(h), *d_logs)
    d_kappa = d_kappa / 2
    return Jet(h_next, -d_kappa), Jet(g_next, d_kappa), Jet(kappa_dot, d_kappa_dot)


def stacked(x):
    """The differentials as one array, whose first axis is the direction."""
    return np.stack([np.broadcast_to(d, np.shape(x.value)) for d in x.d])


def log_differentials(q):
    """Those of the logarithm."""
    return _arrays.divide(stacked(q), q.value) if isinstance(q, Jet) else 0.0
