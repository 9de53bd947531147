"""A party for every exclusive grid that a plan brings: none is without one."""

from typing import Any

from psycopg import Connection

from gridgeo.db.sql import statement
from gridgeo.parties.changing import publish_rules
from gridgeo.parties.store import parties_by_code
from gridgeo.parties.written import NewParty, NewRule
from gridgeo.units.model import Publication

EXCLUSIVE_WITHOUT_RULE = statement(__package__, "exclusive_without_rule")

KIND = "exclusive_grid_party"


def follow(conn: Connection[Any], publication: Publication) -> None:
    """Give each new exclusive grid without a rule a party of its own name; follows `publish`.

    The party is a co-handler: it leads in nothing until a rule says so.
    """
    version = publication.version
    rows = conn.execute(EXCLUSIVE_WITHOUT_RULE, {"version": version.version}).fetchall()
    if not rows:
        return
    own = {f"E{code}": (code, name, synthetic) for code, name, synthetic in rows}
    known = parties_by_code(conn, list(own))
    parties = [
        NewParty(party, name, KIND, synthetic=synthetic)
        for party, (_, name, synthetic) in own.items()
        if party not in known
    ]
    rules = [
        NewRule(party, exclusive_code=code, role="co_handler") for party, (code, *_) in own.items()
    ]
    note = f"parties of the exclusive grids of version {version.version}"
    publish_rules(conn, parties, rules, version.actor, note, keep=True)
