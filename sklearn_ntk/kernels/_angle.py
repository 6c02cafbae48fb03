"""Angles for compiled loops, which know no vectorised arccos.

arccos(c) = sqrt(1 - c^2) Q(c) on [0, 1], where Q is smooth: its nearest singularity is at -1. The
root is one that kernels need anyway, and small angles keep their relative accuracy.
"""

from math import pi, sqrt

from .._compiled import inlined


@inlined
def arccos_over_sine(c):
    """Q(c) for c in [0, 1], with a relative error of 4e-16.

    The polynomial of degree 19 that interpolates it at Chebyshev points, in powers of 2 c - 1, the
    even ones apart from the odd, so that neither wait for the others. tests/test_compiled.py
    compares it with mpmath.
    """
    u = 2.0 * c - 1.0
    v = u * u
    even = 1.0617732929508853e-09
    even = even * v + 4.773585140083581e-09
    even = even * v + 5.723663161320023e-08
    even = even * v + 5.408086436970904e-07
    even = even * v + 5.314747943610747e-06
    even = even * v + 5.307358013634001e-05
    even = even * v + 0.0005447740070102313
    even = even * v + 0.005861628973487859
    even = even * v + 0.06973319205209126
    even = even * v + 1.209199576156145
    odd = -3.45259271173096e-10
    odd = odd * v - 1.5432258396115456e-09
    odd = odd * v - 1.846316471434757e-08
    odd = odd * v - 1.7353086816881773e-07
    odd = odd * v - 1.69379540735378e-06
    odd = odd * v - 1.6749101259775154e-05
    odd = odd * v - 0.00016930995388714085
    odd = odd * v - 0.0017729284605962836
    odd = odd * v - 0.01983714692249483
    odd = odd * v - 0.26360014128128484
    return even + u * odd


@inlined
def angle_and_sine(c):
    """arccos(c) and its sine, for c in [-1, 1]."""
    positive = abs(c)
    sine = sqrt(1.0 - positive * positive)
    t = sine * arccos_over_sine(positive)
    return (t if c >= 0 else pi - t), sine
