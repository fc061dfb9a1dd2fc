"""Writes reference.txt: what SciPy (and, for Holm, statsmodels) makes of a few samples.

    pip install scipy==1.17.1 statsmodels && python3 crates/stats/testdata/reference.py

One line for each number: its name, the samples' names, the value. The samples come first, so that the tests read them
from the same file.
"""

import warnings
from pathlib import Path

import numpy as np
from scipy import stats
from scipy.special import gammaln
from statsmodels.stats.multitest import multipletests

warnings.simplefilter("ignore")
out = []


def say(name, *values):
    out.append(" ".join([name, *(repr(float(v)) for v in values)]))


rng = np.random.default_rng(7)
samples = {
    "a": np.round(rng.normal(10, 2, 7), 3),
    "b": np.round(rng.normal(12, 3, 8), 3),
    "c": np.round(rng.normal(12.5, 1, 12), 3),
    "d": np.round(rng.exponential(5, 40), 3),
    "e": np.round(rng.exponential(6, 55), 0),  # ties
    "f": np.round(rng.lognormal(3, 0.5, 500), 3),
}
for name, values in samples.items():
    out.append("sample " + name + " " + " ".join(repr(float(v)) for v in values))

for name, x in samples.items():
    say(f"mean {name}", x.mean())
    say(f"sd {name}", x.std(ddof=1))
    say(f"mean_ci {name}", *stats.t.interval(0.95, len(x) - 1, x.mean(), stats.sem(x)))
    for p in (0.5, 0.9, 0.95, 0.99, 0.999):
        r = stats.quantile_test(x, q=0, p=p).confidence_interval(0.95)
        say(f"quantile {name} {p}", np.quantile(x, p, method="inverted_cdf"), r.low, r.high)

for k, n in ((0, 10), (3, 10), (10, 10), (521, 1000), (1, 100000), (77, 345)):
    r = stats.binomtest(k, n)
    for method in ("wilson", "exact"):
        ci = r.proportion_ci(0.95, method)
        say(f"proportion {method} {k} {n}", ci.low, ci.high)

for x, y in ("ab", "ac", "bc", "de", "df", "af"):
    first, second = samples[x], samples[y]
    r = stats.ttest_ind(first, second, equal_var=False)
    ci = r.confidence_interval(0.95)
    say(f"welch {x} {y}", r.statistic, r.df, r.pvalue, ci.low, ci.high)
    r = stats.mannwhitneyu(first, second, method="auto" if max(len(first), len(second)) <= 100 else "asymptotic")
    say(f"mann_whitney {x} {y}", r.statistic, r.pvalue)
    n, m = len(first), len(second)
    pooled = ((n - 1) * first.var(ddof=1) + (m - 1) * second.var(ddof=1)) / (n + m - 2)
    df = n + m - 2
    j = np.exp(gammaln(df / 2) - gammaln((df - 1) / 2)) / np.sqrt(df / 2)
    say(f"hedges {x} {y}", j * (first.mean() - second.mean()) / np.sqrt(pooled))
    diff = np.sign(first[:, None] - second[None, :])
    say(f"cliff {x} {y}", diff.mean())

for group in ("abc", "abcde", "de"):
    xs = [samples[name] for name in group]
    r = stats.f_oneway(*xs)
    allv = np.concatenate(xs)
    between = sum(len(x) * (x.mean() - allv.mean()) ** 2 for x in xs)
    say(f"anova {group}", r.statistic, r.pvalue, between / ((allv - allv.mean()) ** 2).sum())
    r = stats.f_oneway(*xs, equal_var=False)
    say(f"welch_anova {group}", r.statistic, r.pvalue)
    for method, equal in (("tukey", True), ("games_howell", False)):
        r = stats.tukey_hsd(*xs, equal_var=equal)
        ci = r.confidence_interval(0.95)
        for i in range(len(xs)):
            for j in range(i + 1, len(xs)):
                say(f"{method} {group} {i} {j}", r.statistic[i, j], r.pvalue[i, j], ci.low[i, j], ci.high[i, j])

for q in (0.5, 2.0, 3.5, 6.0, 12.0):
    for k in (2, 3, 10, 50):
        for df in (1.0, 2.5, 10.0, 120.0):
            say(f"range_cdf {q} {k} {df}", stats.studentized_range.cdf(q, k, df))
for p in (0.5, 0.95, 0.99):
    for k, df in ((3, 10.0), (6, 30.0), (10, 4.0)):
        say(f"range_quantile {p} {k} {df}", stats.studentized_range.ppf(p, k, df))

ps = [0.04, 0.001, 0.2, 0.03, 0.03, 0.9]
say("holm_in", *ps)
say("holm_out", *multipletests(ps, method="holm")[1])

kde = stats.gaussian_kde(samples["d"], "silverman")
xs = np.linspace(samples["d"].min(), samples["d"].max(), 9)
say("density d", *kde(xs))

for name, statistic in (("mean", np.mean), ("sd", lambda x, axis: np.std(x, ddof=1, axis=axis))):
    r = stats.bootstrap((samples["d"],), statistic, n_resamples=200_000, method="BCa", rng=np.random.default_rng(1))
    say(f"bca {name} d", r.confidence_interval.low, r.confidence_interval.high)

Path(__file__).with_name("reference.txt").write_text("\n".join(out) + "\n")
