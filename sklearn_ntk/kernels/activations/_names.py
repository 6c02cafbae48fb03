"""Activations by name, in one list: tests and documentation take it from here."""

from ._base import Activation
from ._functions import ELU, SELU, Mish, Sigmoid, SiLU, Softplus, Tanh
from ._homogeneous import Abs, Identity, LeakyReLU, RectifiedQuadratic, ReLU
from ._noisy import GELU, Erf, Gaussian
from ._series import Numerical
from ._steps import Sign, Step
from ._waves import RBF, Cos, Exp, Sin

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
    "tanh": Tanh(),
    "sigmoid": Sigmoid(),
    "silu": SiLU(),
    "swish": SiLU(),  # its other name
    "softplus": Softplus(),
    "elu": ELU(),
    "selu": SELU(),
    "mish": Mish(),
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
        With duals: one that has no closed form is wrapped into `Numerical` as well.

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
        activation = ACTIVATIONS[activation]
    if isinstance(activation, Activation):
        if type(activation).__hash__ is None:
            raise TypeError(
                f"{activation!r} is unhashable, but the network keeps tables by activation: "
                f"decorate {type(activation).__name__} with @dataclass(frozen=True)."
            )
        return Numerical(activation) if type(activation).dual is Activation.dual else activation
    if callable(activation) and not isinstance(activation, type):
        return Numerical(activation)
    raise TypeError(
        f"activation must be a name, an Activation (an object, not a class) or a vectorised "
        f"function, got {activation!r}."
    )
