"""What ConvNNGP and ConvNTK share."""

from numbers import Integral

from ._conv_gradient import gradient
from ._convolution import ConvNetwork
from ._network import NetworkKernel
from ._pairs import check_number


class ConvNetworkKernel(NetworkKernel):
    """A kernel of the convolutional network that `_network()` describes."""

    _gradient = staticmethod(gradient)

    def __init__(
        self,
        image_shape,
        depth=3,
        *,
        activation="relu",
        weight_variance=2.0,
        bias_variance=0.0,
        filter_size=3,
        stride=1,
        pooling=1,
        readout="flatten",
        weight_variance_bounds=(1e-2, 1e2),
        bias_variance_bounds=(1e-5, 1e2),
    ):
        self.image_shape = image_shape
        self.depth = depth
        self.activation = activation
        self.weight_variance = weight_variance
        self.bias_variance = bias_variance
        self.filter_size = filter_size
        self.stride = stride
        self.pooling = pooling
        self.readout = readout
        self.weight_variance_bounds = weight_variance_bounds
        self.bias_variance_bounds = bias_variance_bounds

    def _network(self):
        common = self._common_parameters()
        for name in "filter_size", "stride", "pooling":
            check_number(getattr(self, name), name, Integral, 1)
        if self.filter_size % 2 == 0:
            raise ValueError(f"filter_size == {self.filter_size}, must be odd.")
        if self.readout not in ("flatten", "average"):
            raise ValueError(f"readout must be 'flatten' or 'average', got {self.readout!r}.")
        return ConvNetwork(
            **common,
            image_shape=self._checked_shape(),
            filter_size=self.filter_size,
            stride=self.stride,
            pooling=self.pooling,
            average=self.readout == "average",
        )

    def _checked_shape(self):
        """(height, width, channels)."""
        try:
            shape = tuple(self.image_shape)
        except TypeError:
            shape = ()
        if len(shape) not in (2, 3):
            raise ValueError(
                f"image_shape == {self.image_shape!r}, must be (height, width) or (height, width, "
                "channels)."
            )
        for number in shape:
            check_number(number, "every entry of image_shape", Integral, 1)
        return shape if len(shape) == 3 else (*shape, 1)
