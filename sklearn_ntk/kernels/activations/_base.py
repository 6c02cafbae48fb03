"""What a nonlinearity tells the network."""

import numpy as np

from .._arrays import divide

# Of complex-step differentiation: its square vanishes beside 1 in float64.
STEP = 1e-20


class Activation:
    """A nonlinearity phi: the function, its derivative, and its expectations over Gaussian pairs.

    Subclasses define `__call__` and `derivative`, and that is enough: the expectations are then
    those of the Hermite series of phi, as for `Numerical`. Where there are closed forms, `dual`
    and `derivative_dual` take their place. They are plain NumPy formulas that also accept complex
    arguments, because derivatives by the network's variances are taken by complex steps (Squire
    and Trapp, SIAM Review 1998). A frozen dataclass is the natural subclass: its parameters are
    then its identity.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> import numpy as np
    >>> from sklearn_ntk.kernels import NTK
    >>> from sklearn_ntk.kernels.activations import Activation
    >>> @dataclass(frozen=True)
    ... class Square(Activation):
    ...     def __call__(self, u):
    ...         return u**2
    ...
    ...     def derivative(self, u):
    ...         return 2 * u
    >>> NTK(depth=1, activation=Square(), bias_variance=0.0)(np.eye(2)).round(12)
    array([[14.,  2.],
           [ 2., 14.]])
    >>> @dataclass(frozen=True)
    ... class FastSquare(Square):
    ...     def dual(self, c, a, b):
    ...         return a * b + 2 * c**2
    ...
    ...     def derivative_dual(self, c, a, b):
    ...         return 4 * c
    >>> NTK(depth=1, activation=FastSquare(), bias_variance=0.0)(np.eye(2)).round(12)
    array([[14.,  2.],
           [ 2., 14.]])
    """

    # What `correlate` leaves out, for the network to fold into its own scalings.
    factor = 1.0
    # Whether kappa and kappa_dot depend on the variances, and not on rho alone.
    sees_variance = True
    # phi(-u) = parity * phi(u), or 0 if it is neither; nearly antipodal rows then keep the digits
    # that nearly parallel ones do.
    parity = 0
    # `normalized` as a function of numbers that compiled loops inline, in units of the rows: of
    # rho, and of the first two of `_pair_terms` of x and of z. None leaves the tiles to NumPy.
    _pair = None
    # Whether `derivative_dual` stands for something; without it there is no tangent kernel.
    has_derivative = True

    def __call__(self, u):
        """phi(u).

        Parameters
        ----------
        u : ndarray
            Preactivations.

        Returns
        -------
        values : ndarray of the shape of u
        """
        raise NotImplementedError(f"{type(self).__name__} does not define __call__, its phi.")

    def derivative(self, u):
        """phi'(u), or what stands in for it when the network is trained.

        Parameters
        ----------
        u : ndarray
            Preactivations.

        Returns
        -------
        slopes : ndarray of the shape of u
            At a kink any number between the slopes on its sides.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define derivative, its phi'.")

    def dual(self, c, a, b):
        """E[phi(u) phi(v)].

        Parameters
        ----------
        c : ndarray
            Covariances of u and v.
        a, b : ndarray, broadcasting against c
            Variances of u and of v.

        Returns
        -------
        expectation : ndarray
        """
        return self._numerical().dual(c, a, b)

    def derivative_dual(self, c, a, b):
        """E[phi'(u) phi'(v)].

        Parameters
        ----------
        c : ndarray
            Covariances of u and v.
        a, b : ndarray, broadcasting against c
            Variances of u and of v.

        Returns
        -------
        expectation : ndarray
        """
        return self._numerical().derivative_dual(c, a, b)

    def _numerical(self):
        from ._series import Numerical  # which is an Activation

        return Numerical(self)

    def second_moment(self, q):
        """m(q) = E[phi(u)^2].

        Parameters
        ----------
        q : ndarray
            Variances of u.

        Returns
        -------
        m : ndarray of the shape of q
        """
        return self.dual(q, q, q)

    def normalized(self, rho, q_x, q_z):
        """The dual and the derivative dual in terms of correlations.

        Parameters
        ----------
        rho : ndarray
            Correlations of u and v, in [-1, 1].
        q_x, q_z : ndarray, broadcasting against rho
            Variances of u and of v.

        Returns
        -------
        kappa : ndarray
            E[phi(u) phi(v)] / sqrt(m_x m_z), which is 1 where u = v.
        kappa_dot : ndarray
            E[phi'(u) phi'(v)] sqrt(q_x q_z / (m_x m_z)).
        """
        amplitude = np.sqrt(q_x) * np.sqrt(q_z)
        c = rho * amplitude
        inverse = self._inverse_root_moment(q_x) * self._inverse_root_moment(q_z)
        kappa_dot = self.derivative_dual(c, q_x, q_z) * (amplitude * inverse)
        return self.dual(c, q_x, q_z) * inverse, kappa_dot

    def _inverse_root_moment(self, q):
        return divide(1.0, np.sqrt(self.second_moment(q)))

    def correlate(self, rho, q_x, q_z, kappa_dot, scratch):
        """`normalized` in place, for the tiles of a large matrix.

        Parameters
        ----------
        rho : ndarray
            Correlations, which kappa / `factor` replaces.
        q_x, q_z : ndarray, broadcasting against rho
            Variances of u and of v.
        kappa_dot : ndarray of the shape of rho
            Filled with kappa_dot / `factor`.
        scratch : ndarray of the shape of rho
            Overwritten.
        """
        rho[...], kappa_dot[...] = self.normalized(rho, q_x, q_z)

    def _pair_terms(self, q):
        """What `_pair` is to know of rows.

        Parameters
        ----------
        q : ndarray
            Variances.

        Returns
        -------
        a, b : ndarray of the shape of q
            Its arguments.
        unit : ndarray of the shape of q
            Of kappa and kappa_dot, those of x times those of z.
        """
        raise NotImplementedError(f"{type(self).__name__} has no pair.")

    def at_haversines(self, h, g, q_x, q_z, gap):
        """`normalized` for haversines, which keep digits that correlations lose.

        Parameters
        ----------
        h, g : ndarray
            (1 - rho) / 2 and (1 + rho) / 2.
        q_x, q_z : ndarray, broadcasting against h
            Variances of u and of v.
        gap : ndarray, broadcasting against h
            The difference sqrt(q_x) - sqrt(q_z).

        Returns
        -------
        h_next, g_next : ndarray
            (1 - kappa) / 2 and (1 + kappa) / 2.
        kappa_dot : ndarray
        """
        if self.parity == 0 or h.max(initial=0) <= 0.5:
            h_next, kappa_dot = self._from_haversines(h, g, q_x, q_z, gap)
            return h_next, 1 - h_next, kappa_dot
        antipodal = g < h
        small, large = np.minimum(h, g), np.maximum(h, g)
        small, kappa_dot = self._from_haversines(small, large, q_x, q_z, gap)
        if self.parity > 0:
            return small, 1 - small, np.where(antipodal, -kappa_dot, kappa_dot)
        large = 1 - small
        return np.where(antipodal, large, small), np.where(antipodal, small, large), kappa_dot

    def _from_haversines(self, h, g, q_x, q_z, gap):
        """(1 - kappa) / 2, with all its digits where h is small, and kappa_dot.

        For phi of a parity, g is at least h.
        """
        kappa, kappa_dot = self.normalized(g - h, q_x, q_z)
        return (1 - kappa) / 2, kappa_dot

    def stretch(self, q):
        """By how much a layer multiplies the haversines of nearly parallel rows.

        Parameters
        ----------
        q : ndarray
            Variances.

        Returns
        -------
        slope : ndarray of the shape of q
            Of kappa over rho at rho = 1.
        """
        return self.at_haversines(np.zeros_like(q), np.ones_like(q), q, q, np.zeros_like(q))[2]

    def log_slope(self, q):
        """d log m / d log q.

        Parameters
        ----------
        q : ndarray
            Variances.

        Returns
        -------
        slope : ndarray of the shape of q
        """
        m = self.second_moment(q * (1 + 1j * STEP))
        return divide(m.imag / STEP, m.real)

    def differential(self, h, g, q_x, q_z, d_rho, d_log_q_x, d_log_q_z):
        """Differentials of `normalized`, for haversines.

        Parameters
        ----------
        h, g : ndarray
            (1 - rho) / 2 and (1 + rho) / 2.
        q_x, q_z : ndarray, broadcasting against h
            Variances of u and of v.
        d_rho, d_log_q_x, d_log_q_z : ndarray or float, broadcasting against h
            Differentials of rho and of the logarithms of the variances; several directions at a
            time are one more axis in front.

        Returns
        -------
        d_kappa, d_kappa_dot : ndarray
        """
        step = 1j * STEP
        rho = np.clip(g - h, -1, 1)  # beyond, square roots would be imaginary without any step
        kappa, kappa_dot = self.normalized(
            rho + step * d_rho, q_x * (1 + step * d_log_q_x), q_z * (1 + step * d_log_q_z)
        )
        return kappa.imag / STEP, kappa_dot.imag / STEP


class Normalized(Activation):
    """Activations whose formulas are `normalized` and `second_moment`."""

    def dual(self, c, a, b):
        return self._expectations(c, a, b)[0]

    def derivative_dual(self, c, a, b):
        return self._expectations(c, a, b)[1] / (np.sqrt(a) * np.sqrt(b))

    def _expectations(self, c, a, b):
        rho = np.clip(divide(c, np.sqrt(a) * np.sqrt(b)), -1, 1)
        amplitude = np.sqrt(self.second_moment(a)) * np.sqrt(self.second_moment(b))
        return [value * amplitude for value in self.normalized(rho, a, b)]


def comparable(a, b):
    """Whether the roots of two variances or second moments are within a factor of 2."""
    return np.maximum(np.real(a), np.real(b)) <= 4 * np.minimum(np.real(a), np.real(b))
