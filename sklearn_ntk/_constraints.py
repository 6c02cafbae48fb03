"""What values the parameters may have that several faces take."""

from numbers import Integral, Real

from sklearn.utils._param_validation import Interval

from ._validation import one_of
from .kernels.activations import ACTIVATIONS, Activation

NETWORK_CONSTRAINTS: dict = {
    "depth": [Interval(Integral, 1, None, closed="left")],
    "activation": [one_of(ACTIVATIONS), Activation, callable],
    "weight_variance": [Interval(Real, 0, None, closed="neither")],
    "bias_variance": [Interval(Real, 0, None, closed="left")],
}
LIKELIHOOD_CONSTRAINTS: dict = {
    "optimizer": [one_of(["fmin_l_bfgs_b"]), None],
    "alpha_bounds": [tuple, list, one_of(["fixed"])],
    "n_restarts_optimizer": [Interval(Integral, 0, None, closed="left")],
}
LAPLACE_CONSTRAINTS: dict = {
    "length_scale": [Interval(Real, 0, None, closed="neither"), one_of(["scale"])],
    "exponent": [Interval(Real, 0, 2, closed="right")],
}
