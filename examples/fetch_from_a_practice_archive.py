"""Fetch an hourly data set and forecast from it, on a practice archive that breaks on purpose.

The archive runs on this machine and shows the made-up Sun. With the real ones, leave out the server:
``Http()`` knows where they are.
"""

import tempfile
from datetime import timedelta
from pathlib import Path

import flarescope as fs
from flarescope.sources.archive_server import ArchiveServer
from flarescope.sources.fetching import fetch_magnetograms, times_between, units_for
from flarescope.sources.helioviewer import Helioviewer
from flarescope.sources.http import Http
from flarescope.sources.settings import ArchiveSettings
from flarescope.sources.store.build import preparation_for
from flarescope.times import utc

now = utc("2026-02-03T12:30Z")
with (
    tempfile.TemporaryDirectory() as folder,
    ArchiveServer(data=None, clock=now, faults=["http500", "truncated", "html"], share=0.2) as server,
    Http(ArchiveSettings(per_second=50).at(server.url)) as http,
):
    store = fs.Store.create(
        Path(folder) / "store", preparation=preparation_for("full_disk", size=128), keep_files=True
    )
    hours = units_for(times_between("2026-02-03T06:00Z", "2026-02-03T12:00Z", "1h"))
    found = fetch_magnetograms(Helioviewer(http), hours, store, http, tolerance=timedelta(minutes=12))
    print(f"{found.images} of {found.asked} images, {len(found.troubles)} answers asked for again")
    for trouble in found.troubles[:3]:
        print("  ", trouble.problem[:90])

    index = store.index()
    first = store.image(index.iloc[0])
    print(f"{first.shape} of {first.dtype}, sha256 {index['sha256'][0][:12]}…")

    said = fs.live_forecast(http, at=now)
    print(f"P(≥ {said.at_least} within 24 h) = {said.probability:.2f}, state {said.state}")
    print("   " + "\n   ".join(said.notes[:3]))
