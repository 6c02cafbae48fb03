def regressor(rng, report): pass
def search(rng, report): pass
