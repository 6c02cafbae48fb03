"""A picture of the eigenvalues of a kernel matrix."""

import numpy as np
from scipy.linalg import eigvalsh

from .._solvers import require_squares
from ..theory import effective_dimension
from ._base import Display
from ._estimators import within


class KernelSpectrumDisplay(Display):
    """Eigenvalues of a kernel matrix over their rank, and what a ridge leaves of them.

    Parameters
    ----------
    eigenvalues : array-like of shape (n_samples,)
        Of K(X, X), in any order. Those that are rounding errors are not drawn.
    alpha : float, default=None
        Ridge, in their units. None or 0 draws none.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    line_ : matplotlib Line2D
    alpha_line_ : matplotlib Line2D or None
        At the ridge.
    dimension_line_ : matplotlib Line2D or None
        At the effective dimension.

    See Also
    --------
    sklearn_ntk.theory.effective_dimension : The number of directions that a ridge leaves free.
    KernelProfileDisplay : The kernel as a function.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn_ntk import NTKRegressor
    >>> from sklearn_ntk.displays import KernelSpectrumDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> display = KernelSpectrumDisplay.from_estimator(NTKRegressor(alpha=1.0).fit(X, y))
    >>> len(display.eigenvalues)
    442
    """

    def __init__(self, eigenvalues, alpha=None):
        self.eigenvalues = eigenvalues
        self.alpha = alpha

    @classmethod
    def from_kernel(cls, kernel, X, *, alpha=None, ax=None):
        """Draw the eigenvalues of K(X, X).

        Parameters
        ----------
        kernel : kernel
            Any kernel object.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows; the eigenvalues take n_samples^3 operations.
        alpha : float, default=None
            Ridge, in absolute units.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : KernelSpectrumDisplay

        Raises
        ------
        MemoryError
            If two square matrices do not fit into the memory there is.
        """
        n = X.shape[0] if hasattr(X, "shape") else len(X)
        require_squares(2, n, "picture of eigenvalues", "Fewer rows show the same decay")
        w = eigvalsh(kernel(X), overwrite_a=True, check_finite=False)[::-1]
        return cls(w, alpha).plot(ax)

    @classmethod
    def from_estimator(cls, estimator, *, target=0, ax=None):
        """Draw the eigenvalues on the training rows of an estimator, and its ridge.

        Parameters
        ----------
        estimator : estimator
            A fitted regressor or classifier of this package that keeps its training rows; a
            pipeline or a search with one.
        target : int, default=0
            Of several ridges, for several targets, which.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : KernelSpectrumDisplay

        Raises
        ------
        ValueError
            For other estimators, and where the kernel matrix was precomputed.
        MemoryError
            As for `from_kernel`.
        """
        (model,) = within(estimator, "X_fit_")
        if getattr(model, "kernel_", None) is None:
            raise ValueError(
                f"{type(model).__name__} has no kernel object, for instance because its kernel "
                "matrix K was precomputed. Draw "
                "KernelSpectrumDisplay(numpy.linalg.eigvalsh(K), alpha).plot()."
            )
        ridges = np.atleast_1d(model.alpha_)
        alpha = float(ridges[target] if len(ridges) > 1 else ridges[0])
        return cls.from_kernel(model.kernel_, model.X_fit_, alpha=alpha, ax=ax)

    def _draw(self):
        w = np.sort(self.eigenvalues)[::-1]
        shown = w[w > len(w) * np.finfo(float).eps * w[0]]
        (self.line_,) = self.ax_.loglog(
            np.arange(1, len(shown) + 1), shown, color="tab:blue", label="eigenvalues"
        )
        self.alpha_line_ = self.dimension_line_ = None
        if self.alpha:
            dimension = effective_dimension(w, self.alpha)
            self.alpha_line_ = self.ax_.axhline(
                self.alpha, color="black", linestyle="--", label=f"alpha = {self.alpha:.3g}"
            )
            self.dimension_line_ = self.ax_.axvline(
                dimension, color="black", linestyle=":",
                label=f"effective dimension {dimension:.3g} of {len(w)}",
            )  # fmt: skip
            # Room for the legend below the ridge.
            low = self.alpha * (self.alpha / w[0]) ** 0.5
            self.ax_.set_ylim(bottom=min(low, self.ax_.get_ylim()[0]))
            self.ax_.legend(edgecolor="none", loc="lower left")
        self.ax_.set_xlabel("rank")
        self.ax_.set_ylabel("eigenvalue of K(X, X)")
        self.ax_.spines[["top", "right"]].set_visible(False)
