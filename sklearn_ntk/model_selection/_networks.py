"""What searches over the parameters of a network share."""

NETWORK_SEARCH_CONSTRAINTS: dict = {
    "depths": ["array-like"],
    "activations": ["array-like"],
    "weight_variances": ["array-like"],
    "bias_variances": ["array-like"],
}


def network_grid(search):
    """The candidates of a search for each parameter of its networks."""
    return {
        "depth": search.depths,
        "activation": search.activations,
        "weight_variance": search.weight_variances,
        "bias_variance": search.bias_variances,
    }
