"""The convolutional neural tangent kernel."""

from ._conv_network import ConvNetworkKernel


class ConvNTK(ConvNetworkKernel):
    """Convolutional neural tangent kernel: a wide convolutional network trained to the end.

    Kernel regression with this kernel is what a network of `depth` convolutions with
    infinitely many channels, each followed by the nonlinearity, and of one affine read-out
    becomes when all its layers are trained on squared loss. For pixels p of one image and p'
    of another::

        Theta_1     = Sigma_1
        Theta_{l+1} = Sigma_{l+1} + weight_variance * A[Theta_l E[phi'(u) phi'(v)]]

    with Sigma, (u, v) and A as for `ConvNNGP`, in the NTK parameterization. Rows of X are
    ``image.ravel()``.

    Parameters
    ----------
    image_shape : tuple of int
        (height, width), or (height, width, channels) with channels last.
    depth : int, default=3
        Number of convolutions, at least 1.
    activation : str, Activation or callable, default="relu"
        Nonlinearity phi after each convolution: a name of
        `sklearn_ntk.kernels.activations.ACTIVATIONS`, an object of that module, or any
        vectorised function.
    weight_variance : float, default=2.0
        Variance of each weight times its fan-in, which is filter area times channels; positive.
    bias_variance : float, default=0.0
        Variance of each bias. With 0 and ReLU the scale of the pixels does not matter; then
        `bias_variance` is never optimised.
    filter_size : int, default=3
        Side of the square filters, odd. Images are padded with zeros.
    stride : int, default=1
        Step between the outputs of every convolution, which has ceil(n / stride) of them along
        n pixels; padding is shared as in neural-tangents, the odd zero going last.
    pooling : int, default=1
        Side of the windows, which do not overlap, that are averaged between a nonlinearity
        and the next convolution; remaining pixels are dropped.
    readout : {"flatten", "average"}, default="flatten"
        "flatten" gives each pixel its own output weight; without pooling it takes O(pixels)
        operations for a pair of images. "average" is global average pooling, in which images
        may shift, and takes O(pixels^2), as does `pooling`.
    weight_variance_bounds : pair of floats or "fixed", default=(1e-2, 1e2)
        Range for optimisation by GaussianProcessRegressor.
    bias_variance_bounds : pair of floats or "fixed", default=(1e-5, 1e2)
        Range for optimisation by GaussianProcessRegressor.

    References
    ----------
    Arora et al., On Exact Computation with an Infinitely Wide Neural Net, NeurIPS 2019, section 4
    and, with global average pooling, appendix G; there the padding and scalings differ.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.svm import SVC
    >>> from sklearn_ntk.kernels import ConvNTK
    >>> X, y = load_digits(return_X_y=True)
    >>> model = SVC(kernel=ConvNTK((8, 8), depth=2)).fit(X[:200], y[:200])
    >>> model.score(X[200:400], y[200:400]) > 0.9
    True
    """

    _tangent = True
