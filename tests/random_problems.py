"""Random problems for everything that computes, each from one integer, against slow exact answers.

    python tests/random_problems.py                   # 20,000 problems on all cores, a table
    python tests/random_problems.py --start 20000     # and 20,000 others
    python tests/random_problems.py --loops always    # through compiled loops, however small
    python tests/random_problems.py --seed 123        # one of them in full

A problem is "right", an "honest" refusal (an exception with advice where there is no answer),
"explained" (a documented limit, by its name) or "unexplained"; the exit status is 1 if any is.
"""

import argparse
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import random_kernels
import random_regressors
import random_searches
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

import sklearn_ntk
from sklearn_ntk import _compiled

VERDICTS = ["right", "honest", "explained", "unexplained"]
# Shares of the problems.
KINDS = {
    "dense": (random_kernels.dense, 0.56),
    "laplace": (random_kernels.laplace, 0.18),
    "convolutional": (random_kernels.convolutional, 0.04),
    "regressor": (random_regressors.regressor, 0.14),
    "search": (random_searches.search, 0.08),
}


class Report:
    """What came of a problem: its description and (verdict, cause, detail) of every question."""

    def __init__(self, seed, kind):
        self.seed, self.kind = seed, kind
        self.label, self.parameters, self.circumstances, self.answers = kind, (), [], []

    def describe(self, label, *parameters):
        self.label, self.parameters = label, parameters

    def cause(self, *circumstances):
        self.circumstances += [name for name in circumstances if name]

    def add(self, verdict, cause, detail=""):
        self.answers.append((verdict, cause, detail))

    @property
    def verdict(self):
        return max((answer[0] for answer in self.answers), key=VERDICTS.index, default="right")

    def summary(self):
        """(verdict, kind, causes): the first answer of the worst verdict stands for the problem."""
        verdict = self.verdict
        cause = next((cause for v, cause, _ in self.answers if v == verdict), "")
        return (
            self.seed,
            self.kind,
            verdict,
            cause,
            " ".join([self.label, *dict.fromkeys(self.circumstances)]),
        )

    def __str__(self):
        lines = [f"seed {self.seed}: {self.label}", *map(str, self.parameters)]
        lines += ["  ".join(answer) for answer in self.answers]
        return "\n".join([*lines, f"=> {self.verdict}"])


def kind_of(seed):
    names = list(KINDS)
    shares = [share for _, share in KINDS.values()]
    rng = np.random.default_rng(seed)
    return str(rng.choice(names, p=shares)), rng


def run(seed):
    """The report of one problem."""
    kind, rng = kind_of(seed)
    report = Report(seed, kind)
    with threadpool_limits(1):
        KINDS[kind][0](rng, report)
    return report


def summarise(seed, loops=None):
    if loops is not None:
        send_through_loops(loops)
    try:
        return run(seed).summary()
    except Exception as error:  # of the script itself or of an unforeseen type
        return seed, kind_of(seed)[0], "unexplained", f"{type(error).__name__}: {error}"[:80], ""


def send_through_loops(loops):
    _compiled.choice = loops == "always"
    _compiled.expect(1)


def table(summaries):
    """Counts by kind, and the causes of all that is not right."""
    counts, causes = defaultdict(Counter), defaultdict(list)
    for seed, kind, verdict, cause, label in summaries:
        counts[kind][verdict] += 1
        if verdict != "right":
            causes[verdict, kind, cause, label if verdict == "unexplained" else ""].append(seed)
    lines = ["".join(f"{name:>15}" for name in ["", "problems", *VERDICTS])]
    for kind, count in counts.items():
        numbers = [sum(count.values()), *(count[verdict] for verdict in VERDICTS)]
        lines.append("".join(f"{value:>15}" for value in [kind, *numbers]))
    for (verdict, kind, cause, label), seeds in sorted(causes.items()):
        some = " ".join(map(str, sorted(seeds)[:4]))
        lines.append(f"{verdict}, {kind}: {cause} [{label}]: {len(seeds)}, seeds {some}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, help="show one problem")
    parser.add_argument("--start", type=int, default=0, help="first seed")
    parser.add_argument("--count", type=int, default=20000, help="number of seeds")
    parser.add_argument("--kind", choices=list(KINDS), help="only the seeds of this kind")
    parser.add_argument("--jobs", type=int, default=-1, help="processes; -1 is one per core")
    parser.add_argument("--loops", choices=("always", "never"), help="by size if left out")
    options = parser.parse_args()
    print(Path(sklearn_ntk.__file__).parent)
    if options.seed is not None:
        if options.loops is not None:
            send_through_loops(options.loops)
        report = run(options.seed)
        print(report)
        return report.verdict == "unexplained"
    seeds = range(options.start, options.start + options.count)
    if options.kind:
        seeds = [seed for seed in seeds if kind_of(seed)[0] == options.kind]
    summaries = Parallel(options.jobs, batch_size=20)(
        delayed(summarise)(seed, options.loops) for seed in seeds
    )
    print(table(summaries))
    return any(summary[2] == "unexplained" for summary in summaries)


if __name__ == "__main__":
    sys.exit(main())
