"""What ConvNNGP and ConvNTK share."""

from numbers import Integral

from ._conv_gradient import gradient
from ._convolution import ConvNetwork
from ._network import NetworkKernel
from ._pairs import check_number


class ConvNetworkKernel(NetworkKernel):
    """A kernel of the convolutional network that `_network` describes."""

    _gradient = staticmethod(gradient)
    _leading = ("image_shape", *NetworkKernel._leading)

    def _make_network(self, tangent):
        common = self._common_parameters(tangent)
        for name in "filter_size", "stride", "pooling":
            check_number(getattr(self, name), name, Integral, 1)
        if self.filter_size % 2 == 0:
            raise ValueError(f"filter_size == {self.filter_size}, must be odd.")
        if self.readout not in ("flatten", "average"):
            raise ValueError(f"readout must be 'flatten' or 'average', got {self.readout!r}.")
        return ConvNetwork(
            self._checked_shape(),
            *common,
            self.filter_size,
            self.stride,
            self.pooling,
            self.readout == "average",
            tangent,
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
