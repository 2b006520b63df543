# Makes by_scipy.json: correlations with ties, bootstrap intervals and paired tests by SciPy
# (pip install scipy; python3 by_scipy.py > by_scipy.json).
import json

import numpy as np
from scipy import stats

r = np.random.default_rng(11)
correlations = []
for n, levels in [(2, 2), (5, 3), (12, 4), (50, 5), (50, 1000), (200, 2), (200, 11), (353, 40)]:
    x, y = r.integers(0, levels, n) / 4, r.integers(0, levels, n) / 8
    y = np.round((x + y * 2) * 4) / 4
    if len(set(x)) > 1 and len(set(y)) > 1:
        correlations.append({"x": x.tolist(), "y": y.tolist(), "spearman": stats.spearmanr(x, y).statistic, "pearson": stats.pearsonr(x, y).statistic})

mean = lambda a, axis: np.mean(a, axis=axis)
rho = lambda a, b: stats.spearmanr(a, b).statistic
paired = []
for n, shift in [(6, 0.2), (10, 0.1), (13, 0.0), (40, 0.05), (300, 0.02)]:
    x = np.round(r.random(n), 2)
    y = np.round(np.clip(x - shift + r.normal(0, 0.15, n), 0, 1), 2)
    x[:: 5] = y[:: 5]  # queries that both answer alike
    d = x - y
    test = stats.permutation_test((d,), mean, permutation_type="samples", n_resamples=99999 if n > 16 else np.inf, random_state=1)
    ci = stats.bootstrap((d,), mean, method="percentile", n_resamples=99999, random_state=2, batch=1000).confidence_interval
    c = {"x": x.tolist(), "y": y.tolist(), "p": test.pvalue, "exact": n <= 13, "ci": [ci.low, ci.high]}
    if n >= 40:
        sci = stats.bootstrap((x, y), rho, method="percentile", paired=True, vectorized=False, n_resamples=4999, random_state=3).confidence_interval
        c["spearman_ci"] = [sci.low, sci.high]
    paired.append(c)
print('{"correlations": [\n' + ",\n".join(map(json.dumps, correlations)) + '\n],\n"paired": [\n' + ",\n".join(map(json.dumps, paired)) + "\n]}")
