"""
What does a convolutional kernel know about images?
===================================================

That they move. Trained on 110 digits, all four models read centred digits about equally well.
When the test digits are moved by one pixel, those that compare pixel by pixel fall below a half,
and moved along the diagonal to guessing: the dense NTK, the RBF kernel, and the
convolutional network that flattens. The one with global average pooling hardly notices.

It pays with time: it compares all pixels with all others. And a margin around the digits is needed,
here of one pixel, for what leaves the image is gone.
"""

# %%
# Digits with a margin
# --------------------
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics.pairwise import rbf_kernel

from sklearn_ntk import KernelClassifier
from sklearn_ntk.kernels import NTK, ConvNTK

images, labels = load_digits(return_X_y=True)
images = np.pad(images.reshape(-1, 8, 8) / 16, [(0, 0), (1, 1), (1, 1)])
order = np.random.default_rng(0).permutation(len(images))
images, labels = images[order][:220], labels[order][:220]
train, test = slice(0, 110), slice(110, 220)


def rows(images):
    return images.reshape(len(images), -1)


moves = {"in place": (0, 0), "right": (0, 1), "right and down": (1, 1)}
moved = {name: np.roll(images[test], move, axis=(1, 2)) for name, move in moves.items()}

# %%
# One matrix for each kernel
# --------------------------
# It holds all the pairs that are needed: training images with themselves and with the moved ones.
kernels = {
    "dense NTK": NTK(2, bias_variance=0.0),
    "RBF": lambda X, Z: rbf_kernel(X, Z, gamma=0.1),
    "ConvNTK, flatten": ConvNTK((10, 10), 2),
    "ConvNTK, average": ConvNTK((10, 10), 2, readout="average"),
}
X = rows(images[train])
everything = np.vstack([X, *map(rows, moved.values())])
accuracy = {}
for name, kernel in kernels.items():
    K, *K_test = np.split(kernel(everything, X), 4)
    model = KernelClassifier("precomputed").fit(K, labels[train])
    accuracy[name] = [model.score(K_moved, labels[test]) for K_moved in K_test]
    print(f"{name:<18}" + "".join(f"{value:>8.3f}" for value in accuracy[name]))

# %%
# Accuracy
# --------
figure, (left, right) = plt.subplots(
    1, 2, figsize=(8, 3.6), layout="constrained", width_ratios=[1, 2.4]
)
left.imshow(np.vstack([image[0] for image in moved.values()]), cmap="gray_r")
left.set(title="a digit, moved", xticks=[], yticks=[4.5, 14.5, 24.5], yticklabels=list(moves))
for offset, name, marker in zip([-0.18, -0.06, 0.06, 0.18], accuracy, "osD^", strict=True):
    right.plot(accuracy[name], np.arange(3) + offset, marker, markersize=8, label=name)
right.axvline(0.1, color="black", linewidth=0.8, linestyle=":")
right.set(
    title="110 training images",
    xlabel="accuracy on 110 test images (dotted: guessing)",
    xlim=(0, 1.02),
    ylim=(2.5, -0.5),
    yticks=range(3),
    yticklabels=list(moves),
)
right.grid(axis="x", linewidth=0.5)
figure.legend(loc="outside lower center", ncols=4, frameon=False)
plt.show()
