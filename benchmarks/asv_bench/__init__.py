"""What asv tracks from commit to commit: a few numbers of engine.py, small enough for each of them.

Nothing here is imported from the scripts beside it, since asv runs these files with old commits.
"""
