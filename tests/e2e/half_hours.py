"""Records of half an hour at a location of the demo catalog, over REST."""

import json
import time

from tests.e2e import programs

LOCATION = "loc_000000000000000000000001"


def record(number, value=1.5):
    start = 1_700_000_000 // 1800 * 1800 + number * 1800
    stamp = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t)) for t in (start, start + 1800)]
    return {"location_id": LOCATION, "units": "KWH", "value": value, "start_time": stamp[0], "end_time": stamp[1]}


def submit(server, number):
    return programs.rest_call(server.rest, body=json.dumps(record(number)))


def stored(test, server):
    """The ids that are stored, over all pages."""
    ids, token = [], ""
    while True:
        status, page = programs.rest_call(
            server.rest, "GET", f"/meters/records?location_id={LOCATION}&page_size=1000&page_token={token}", headers={})
        test.assertEqual(status, 200, page)
        ids += [r["id"] for r in page["data"]]
        token = page.get("next_page_token", "")
        if not token:
            return ids
