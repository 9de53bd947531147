"""A change of rules and a mode that is switched reach every worker of a server."""

import json
import time
from urllib.request import urlopen

import psycopg
import pytest
from databases import cloned
from serving import server

from gridgeo.parties.changing import publish_changes
from gridgeo.parties.modes import switch_off, switch_on
from gridgeo.parties.written import ChangeSet, NewParty, NewRule

DEADLINE_S = 60.0
ASKED_ANEW = 12
"""Requests on fresh connections, which the workers share between them."""


def answers(url):
    return {located(url)["assignment"]["party"]["code"] for _ in range(ASKED_ANEW)}


def located(url):
    with urlopen(f"{url}/locate?lon=113.605&lat=34.705") as answer:
        return json.load(answer)


def seconds_until(url, code):
    began = time.monotonic()
    while (found := answers(url)) != {code} and time.monotonic() - began < DEADLINE_S:
        time.sleep(0.02)
    assert found == {code}
    return time.monotonic() - began


@pytest.mark.full
def test_rules_and_modes_reach_every_worker(cluster, tiny_template, tmp_path, record_property):
    with cloned(cluster, tiny_template.template) as dsns, server(dsns, tmp_path) as url:
        [usual] = answers(url)
        guard = NewRule(party_code="P", unit_code="419900", mode="holiday")
        with psycopg.connect(dsns.app) as conn:
            publish_changes(conn, ChangeSet([NewParty("P", "p", "office")], [guard]), "test")
            conn.commit()
            period = switch_on(conn, "holiday", "test")
        record_property("on_s", seconds_until(url, "P"))
        with psycopg.connect(dsns.app) as conn:
            switch_off(conn, period, "test")
        record_property("off_s", seconds_until(url, usual))
        leaf = located(url)["placement"]["unit"]["code"]
        with psycopg.connect(dsns.app) as conn:
            rule = NewRule(party_code="P", unit_code=leaf)
            publish_changes(conn, ChangeSet(rules=[rule]), "test")
        record_property("rule_s", seconds_until(url, "P"))
        keeper = NewRule(party_code="K", asset_kind="lamp", tolerance_m=5.0)
        with psycopg.connect(dsns.app) as conn:
            publish_changes(conn, ChangeSet([NewParty("K", "k", "office")], [keeper]), "test")
            conn.commit()
            conn.execute(
                "INSERT INTO asset (kind, name, geom)"
                " VALUES ('lamp', '', ST_Point(113.605, 34.705, 4326))"
            )
        record_property("lamp_s", seconds_until(url, "K"))
