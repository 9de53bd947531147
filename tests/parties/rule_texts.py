"""A small sound rule document, and the city that it speaks of."""

from datetime import UTC, datetime, timedelta, timezone

from gridgeo.parties.checks.known import Known

ZONE = timezone(timedelta(hours=8))
NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)

KNOWN = Known(
    parents={"C": None, "D1": "C", "D2": "C", "L1": "D1", "L2": "D1", "L3": "D2"},
    exclusive=frozenset({"X"}),
    assets={"lamp": frozenset({"lamp 1"}), "park": frozenset()},
    categories={
        ("s", "06"): None,
        ("s", "06010"): ("s", "06"),
        ("s", "09"): None,
        ("old", "0102"): None,
    },
    parties={"KNOWN": "office"},
    zone=ZONE,
)

SOUND = """\
parties:
- {code: CITY, name: 城运中心, kind: ops_center}
- {code: D1, name: 一区中心, kind: ops_center, superior: CITY}
- {code: S1, name: 一区环卫, kind: sanitation, contact: 演示}
- {code: TEAM, name: 专班, kind: team, synthetic: 'yes'}
attachments:
- {party: S1, unit: C}
- {party: TEAM, exclusive_grid: X}
shifts:
- {calendar: day, shift: day, from: '08:00', to: '20:00'}
- {calendar: day, shift: night, from: '20:00', to: '08:00'}
days:
- {date: 2026-10-01, day: holiday}
mappings:
- {scheme: old, category: '0102', to_scheme: s, to_category: '06010'}
rules:
- {unit: C, party: CITY}
- {unit: C, scheme: s, category: '06', party_kind: sanitation}
- {unit: C, scheme: s, category: '09', party: KNOWN, handling: escalated}
- {unit: D1, party: D1, shift_calendar: day, shift: day, priority: 5}
- {exclusive_grid: X, scheme: s, category: '06', party_kind: team, reports_to: S1}
- {asset_kind: lamp, asset_name: lamp 1, tolerance_m: 2.5, scheme: s, category: '06', party: S1}
- {unit: C, mode: emergency, party: CITY, valid_from: 2026-01-01, valid_to: 2027-01-01T00:00}
posts:
- {code: P1, kind: grid_head, unit: L1, shift_calendar: day, shift: day, ref: hr-7}
"""
