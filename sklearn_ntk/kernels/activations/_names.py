"""Activations by name."""

import numpy as np
from scipy.special import expit

from ._base import Activation
from ._homogeneous import Abs, Identity, LeakyReLU, RectifiedQuadratic, ReLU
from ._series import Numerical
from ._smooth import GELU, RBF, Cos, Erf, Exp, Gaussian, Sin
from ._steps import Sign, Step


def silu(u):
    return u * expit(u)


def softplus(u):
    return np.logaddexp(0, u)


def elu(u):
    return np.where(u > 0, u, np.expm1(np.minimum(u, 0)))


def selu(u):
    # The constants of Klambauer et al., NeurIPS 2017.
    return 1.0507009873554805 * np.where(u > 0, u, 1.6732632423543772 * np.expm1(np.minimum(u, 0)))


def mish(u):
    return u * np.tanh(softplus(u))


ACTIVATIONS = {
    "relu": ReLU(),
    "leaky_relu": LeakyReLU(),
    "abs": Abs(),
    "rectified_quadratic": RectifiedQuadratic(),
    "identity": Identity(),
    "sign": Sign(),
    "step": Step(),
    "erf": Erf(),
    "gelu": GELU(),
    "sin": Sin(),
    "cos": Cos(),
    "rbf": RBF(),
    "gaussian": Gaussian(),
    "exp": Exp(),
    "tanh": Numerical(np.tanh),
    "sigmoid": Numerical(expit),
    "silu": Numerical(silu),
    "swish": Numerical(silu),  # its other name
    "softplus": Numerical(softplus),
    "elu": Numerical(elu),
    "selu": Numerical(selu),
    "mish": Numerical(mish),
}


def get_activation(activation):
    """The `Activation` that a name, an activation object or a callable stands for.

    Parameters
    ----------
    activation : str, Activation or callable
        A callable is wrapped into `Numerical`.

    Returns
    -------
    activation : Activation

    Raises
    ------
    ValueError
        For an unknown name.
    TypeError
        For anything else, or an object without a hash.
    """
    if isinstance(activation, str):
        if activation not in ACTIVATIONS:
            raise ValueError(
                f"activation == {activation!r}, must be one of {sorted(ACTIVATIONS)}, an "
                "Activation or a vectorised function."
            )
        return ACTIVATIONS[activation]
    if isinstance(activation, Activation):
        if type(activation).__hash__ is None:
            raise TypeError(
                f"{activation!r} is unhashable, but the network keeps tables by activation: "
                f"decorate {type(activation).__name__} with @dataclass(frozen=True)."
            )
        return activation
    if callable(activation) and not isinstance(activation, type):
        return Numerical(activation)
    raise TypeError(
        f"activation must be a name, an Activation (an object, not a class) or a vectorised "
        f"function, got {activation!r}."
    )
