"""Which Laplace kernel is most like a neural tangent kernel, and the other way round."""

import numpy as np
from scipy.optimize import minimize_scalar

from ..kernels import NTK, Laplace
from ._quadrature import kernel_values, sphere_rule

N_NODES = 400
# Logarithms of length scales and bias variances between which the closest is searched.
LENGTHS, BIASES = (np.log(1e-2), np.log(1e3)), (np.log(1e-4), np.log(1e3))


def closest_laplace(kernel, dimension, *, exponent=1.0):
    """The Laplace kernel that is most like a kernel on the unit sphere.

    Its values have the highest correlation with those of the kernel, for two uniformly
    distributed points: what is left are a factor, which the ridge makes up for, and a constant,
    which the intercept does.

    Parameters
    ----------
    kernel : kernel object
        Any that sees the angle between rows of norm 1 alone, such as `NTK`.
    dimension : int
        Of the space, at least 2: the length of the rows.
    exponent : float, default=1.0
        Of the `Laplace` kernel.

    Returns
    -------
    laplace : Laplace
        With the length scale in units of the radius of the sphere. Rows of norm r have r times
        that, under a network whose bias variance is r^2 times that of `kernel`. At 1000 the
        search ends: longer scales only add a constant.

    See Also
    --------
    closest_ntk : The way back.

    References
    ----------
    Geifman et al., On the Similarity between the Laplace and Neural Tangent Kernels, NeurIPS 2020,
    section 4.

    Examples
    --------
    >>> from sklearn_ntk.kernels import NTK
    >>> from sklearn_ntk.theory import closest_laplace
    >>> round(closest_laplace(NTK(depth=3), dimension=3).length_scale, 1)
    12.5
    """

    def at(log_length):
        return Laplace(float(np.exp(log_length)), exponent=exponent)

    return _most_alike(kernel, at, LENGTHS, dimension)


def closest_ntk(kernel, dimension, *, depth=3):
    """The neural tangent kernel of a ReLU network that is most like a kernel on the unit sphere.

    Parameters
    ----------
    kernel : kernel object
        Any that sees the angle between rows of norm 1 alone, such as `Laplace`.
    dimension : int
        Of the space, at least 2: the length of the rows.
    depth : int, default=3
        Number of hidden layers.

    Returns
    -------
    ntk : NTK
        With the bias variance, up to 1000, whose kernel has the highest correlation with `kernel`,
        for two uniformly distributed points.

    See Also
    --------
    closest_laplace : The way back.

    Examples
    --------
    >>> from sklearn_ntk.kernels import Laplace
    >>> from sklearn_ntk.theory import closest_ntk
    >>> round(closest_ntk(Laplace(length_scale=12.5), dimension=3).bias_variance, 1)
    1.1
    """

    def at(log_bias):
        return NTK(depth, bias_variance=float(np.exp(log_bias)))

    return _most_alike(kernel, at, BIASES, dimension)


def _most_alike(kernel, at, interval, dimension):
    """The kernel at(s), s in an interval, of the highest correlation with the given one."""
    cosine, sine, weights = sphere_rule(dimension, N_NODES)

    def centred(kernel):
        values = kernel_values(kernel, dimension, cosine, sine)
        values = np.sqrt(weights) * (values - weights @ values)
        return values / np.linalg.norm(values)

    target = centred(kernel)

    def distance(s):
        # The cosine of a small angle has no digits of it.
        return np.linalg.norm(centred(at(s)) - target)

    # One valley, but for flat ends: from the best of a few points.
    points = np.linspace(*interval, 25)
    best = int(np.argmin([distance(s) for s in points]))
    around = points[max(best - 1, 0)], points[min(best + 1, len(points) - 1)]
    found = minimize_scalar(distance, bounds=around, method="bounded", options={"xatol": 1e-9})
    return at(found.x)
