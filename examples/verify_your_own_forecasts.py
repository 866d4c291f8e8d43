"""Score your own forecasts beside a rival, with intervals from 27-day blocks: runs offline in seconds.

python examples/verify_your_own_forecasts.py
"""

import numpy as np

from flarescope.verify import blocks_of_days, reliability, scorecard

rng = np.random.default_rng(0)
times = np.arange("2024-01-01", "2026-01-01", np.timedelta64(6, "h"), "datetime64[us]")
truth = 0.25 + 0.2 * np.sin(np.arange(len(times)) / 80)
observed = rng.random(len(times)) < truth
forecast = np.clip(truth + rng.normal(0, 0.05, len(times)), 0, 1)
climatology = np.full(len(times), observed.mean())

scores = scorecard(
    forecast,
    observed,
    threshold=0.3,
    blocks=blocks_of_days(times),
    references={"climatology": climatology},
)
print(scores)
print("Brier skill against climatology:", scores.rivals["climatology"].bss)
curve = reliability(forecast, observed, blocks=blocks_of_days(times))
for said, seen, n in zip(curve.mean_forecast, curve.observed_rate, curve.count, strict=True):
    if n:
        print(f"said {said:4.0%}  seen {seen:4.0%}  ({n} forecasts)")
