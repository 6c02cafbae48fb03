"""The order in which threads finish the blocks of a lower triangle."""

import itertools
import threading


class Abandoned(Exception):
    """Another thread failed, and says why."""


class Schedule:
    """The blocks (i, j), j <= i, of a triangle, column by column, shared by threads.

    A block waits only for blocks that come before it, so threads that take blocks in order and
    wait where they must cannot lock each other out, however many of them there are. Nobody
    waits for a whole column: while one thread factors a diagonal block, the others update the
    blocks below it.

    Parameters
    ----------
    n_blocks : int
        Number of block rows.
    """

    def __init__(self, n_blocks):
        self._blocks = [(i, j) for j in range(n_blocks) for i in range(j, n_blocks)]
        self._next = itertools.count()  # next() of it is atomic
        self._done = {block: threading.Event() for block in self._blocks}
        self._failed = False

    def __iter__(self):
        while not self._failed and (k := next(self._next)) < len(self._blocks):
            yield self._blocks[k]

    def finish(self, i, j):
        """Announce that block (i, j) is done."""
        self._done[i, j].set()

    def wait(self, i, j):
        """Return when block (i, j) is done; raise `Abandoned` if it never will be."""
        self._done[i, j].wait()
        if self._failed:
            raise Abandoned

    def fail(self):
        """Release every thread that waits."""
        self._failed = True
        for event in self._done.values():
            event.set()
