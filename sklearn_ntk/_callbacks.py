"""Progress of a fit through scikit-learn's callbacks, where the installed version has them.

Whoever works through many steps, such as a solver, takes a callable ``progress``: it calls
``step = progress(n_steps)`` when it begins, and ``step()`` after each of them. What is no
factorization names itself and its steps, ``progress(n_steps, task, step)``.
"""

from contextlib import contextmanager
from itertools import count

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # until scikit-learn 1.9 is the oldest version supported

    class CallbackSupportMixin:
        """Nothing: ``set_callbacks`` does not exist before scikit-learn 1.9."""


@contextmanager
def fit_progress(estimator, X, y):
    """A ``progress`` for all that a fit goes through, each a task of as many steps as it says.

    The fit does not know how many tasks there will be: a factorization in mixed precision may
    have to be followed by another one. An iteration may need fewer steps than it says, and is at
    its end when the next task begins.
    """
    if not hasattr(estimator, "_init_callback_context"):
        yield lambda *task: lambda: None
        return
    fit = estimator._init_callback_context(max_subtasks=None)
    fit.call_on_fit_task_begin(estimator=estimator, X=X, y=y)
    unfinished = []

    def finish_task():
        while unfinished:
            unfinished.pop().call_on_fit_task_end(estimator=estimator)

    def progress(n_steps, task="factorization", step="block column"):
        finish_task()
        whole = fit.subcontext(task_name=task, max_subtasks=n_steps)
        whole.call_on_fit_task_begin(estimator=estimator)
        unfinished.append(whole)
        done = count(1)

        def finish_step():
            part = whole.subcontext(task_name=step)
            part.call_on_fit_task_begin(estimator=estimator)
            part.call_on_fit_task_end(estimator=estimator)
            if next(done) == n_steps:
                finish_task()

        return finish_step

    yield progress
    finish_task()
    fit.call_on_fit_task_end(estimator=estimator)
