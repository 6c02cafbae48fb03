"""Progress of a fit through scikit-learn's callbacks, where the installed version has them."""

from contextlib import contextmanager

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # until scikit-learn 1.9 is the oldest version supported

    class CallbackSupportMixin:
        """Nothing: ``set_callbacks`` does not exist before scikit-learn 1.9."""


@contextmanager
def fit_progress(estimator, X, y, n_steps, name="block column"):
    """A function to call after each of `n_steps` parts of a fit, which are called `name`."""
    if not hasattr(estimator, "_init_callback_context"):
        yield lambda: None
        return
    fit = estimator._init_callback_context(max_subtasks=n_steps)
    fit.call_on_fit_task_begin(estimator=estimator, X=X, y=y)

    def step():
        part = fit.subcontext(task_name=name)
        part.call_on_fit_task_begin(estimator=estimator)
        part.call_on_fit_task_end(estimator=estimator)

    yield step
    fit.call_on_fit_task_end(estimator=estimator)
