"""Forecast and explain a made-up Sun: runs offline in seconds, with no data.

python examples/forecast_made_up_sun.py
"""

from datetime import UTC, datetime

import flarescope as fs
from flarescope.synthetic import Bipole, flare_list, full_disk

hour = datetime(2026, 2, 3, 12, tzinfo=UTC)
flares = flare_list(datetime(2025, 1, 1, tzinfo=UTC), hour, per_day=4.0, seed=1)
image = full_disk(hour, (Bipole(fs.Position(20.0, 15.0), peak_gauss=1800.0, separation_degrees=4.0),))

said = fs.make_forecast(image=image, flares=flares)
print(
    f"made-up Sun: {said.probability:.0%} [{said.low:.0%}, {said.high:.0%}] for {said.at_least} within 24 h"
)
for rival, probability in said.rivals.items():
    print(f"  {rival:<22}{probability:.0%}")

why = fs.explain_image(image, fs.load_run("patch_cnn"))
row, column, share = why.top_regions(1)[0]
print(f"{share:.0%} of the attribution lies around row {row}, column {column}")
print(f"completeness error {why.checks['completeness']:.2%}")
