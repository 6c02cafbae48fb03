"""Feature maps as transformers: finitely many columns whose products approximate a kernel.

A map draws its weights in `fit`, from the number of columns alone, and is a function of single
rows from then on. Products of its features have the kernel for their expectation where a docstring
says that they are unbiased, and an error that falls like one over the square root of their number.
"""

from ._linearized_network import LinearizedNetwork
from ._nngp_features import NNGPFeatures
from ._ntk_features import NTKFeatures

__all__ = ["NTKFeatures", "NNGPFeatures", "LinearizedNetwork"]
