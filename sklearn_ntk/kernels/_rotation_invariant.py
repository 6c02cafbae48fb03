"""Kernels that only see the angle between two rows and their norms."""

from numbers import Integral, Real

import numpy as np

from ._base import BaseKernel
from ._pairs import check_number, check_rows


class RotationInvariant(BaseKernel):
    """A kernel k(<x, z>, ||x||, ||z||), which no rotation of all rows changes.

    Subclasses define `_profile(angle, norm, n_features)` and
    `_fill_partials(X, Z, by_product, by_norm)`, both of them on checked arguments.
    """

    def profile(self, angle, *, norm=1.0, n_features=1):
        """The kernel as a function of the angle between two rows of equal norm.

        Parameters
        ----------
        angle : array-like
            In radians, from 0 to pi.
        norm : float, default=1.0
            Euclidean norm of both rows.
        n_features : int, default=1
            Length of the rows, by which networks divide their squared norm; other kernels do
            not see it.

        Returns
        -------
        values : ndarray of the shape of `angle`
        """
        check_number(norm, "norm", Real, 0)
        check_number(n_features, "n_features", Integral, 1)
        return self._profile(np.asarray(angle, dtype=float), norm, n_features)

    def fill_partials(self, X, Z, by_product, by_norm):
        """Write the derivatives by <x, z> and by ||x||^2 to two arrays.

        Each of the three arguments of k(<x, z>, ||x||^2, ||z||^2) moves alone, so that the
        gradient of sum_i c_i k(x, z_i) by x is ``(by_product * c) @ Z + 2 * x * (by_norm @ c)``.

        Everything is finite. Where a kernel has a kink or a jump, for rows that are parallel,
        the gradient is the mean of the derivatives on its two sides: a pair of equal rows moves
        nothing. At a row of zeros in a network without biases it is the limit for short rows at
        right angles to the others, and 0 where that is infinite, as for step functions.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples_X, n_features)
            Rows by which to differentiate.
        Z : {array-like, sparse matrix} of shape (n_samples_Z, n_features)
            Other rows.
        by_product, by_norm : ndarray of shape (n_samples_X, n_samples_Z)
            Overwritten with dk/d<x, z> and dk/d||x||^2.

        Raises
        ------
        ValueError, TypeError
            As for a call.
        """
        X, Z = check_rows(X, Z)
        self._fill_partials(X, Z, by_product, by_norm)
