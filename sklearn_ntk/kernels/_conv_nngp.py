"""The convolutional NNGP kernel."""

from ._conv_network import ConvNetworkKernel


class ConvNNGP(ConvNetworkKernel):
    """Convolutional NNGP kernel: an infinitely wide convolutional network at initialisation.

    The covariance of the outputs of a network of `depth` convolutions with infinitely many
    channels, each followed by the nonlinearity, and of one affine read-out. For pixels p of
    one image and p' of another::

        Sigma_1(p, p')     = weight_variance * A[<x, z> / channels](p, p') + bias_variance
        Sigma_{l+1}(p, p') = weight_variance * A[E[phi(u) phi(v)]](p, p') + bias_variance

    with (u, v) Gaussian of covariance Sigma_l, and A the average over filter offsets, the same
    for p and p', pixels beyond the border counting as zero. Rows of X are ``image.ravel()``.

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
    Novak et al., Bayesian Deep Convolutional Networks with Many Channels are Gaussian Processes,
    ICLR 2019, equations 4 to 6 and section 3. Garriga-Alonso et al., Deep Convolutional Networks
    as shallow Gaussian Processes, ICLR 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ntk.kernels import ConvNNGP
    >>> bars = np.zeros((2, 4, 4))
    >>> bars[0, :, 1] = bars[1, :, 2] = 1
    >>> X = bars.reshape(2, 16)
    >>> ConvNNGP((4, 4), readout="average")(X).round(3)
    array([[0.13 , 0.126],
           [0.126, 0.13 ]])
    >>> ConvNNGP((4, 4))(X).round(3)
    array([[0.245, 0.138],
           [0.138, 0.245]])
    """

    _tangent = False
