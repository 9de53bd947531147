"""Restore a version: undo all that later versions did, up to the one the edit was drawn on."""

from dataclasses import dataclass

import shapely

from gridgeo.errors import NotFound
from gridgeo.geometry.errors import EditRefused
from gridgeo.plans.model import Change, PlanMap


@dataclass(frozen=True, slots=True)
class Restore:
    """Undo what the versions after `version` did, up to `seen` (else the base of the plan).

    Parameters
    ----------
    version
        The version whose geometry, codes and names come back.
    seen
        The last version whose doing is undone. A plan that is brought to a later version keeps it,
        so that what others published meanwhile stays.
    """

    version: int
    seen: int | None = None

    def change(self, so_far: PlanMap) -> Change:
        """Return what it makes of the map; a code that comes back is the unit that it was.

        Raises
        ------
        NotFound
            There is no such version.
        EditRefused
            `changed_since`: a unit or exclusive grid that it would restore is no longer as the
            version `seen` had it.
        """
        seen = self.seen or so_far.base.version
        if not 1 <= self.version <= seen <= so_far.base.version:
            raise NotFound(
                f"There is no map version {self.version} before version {seen}.",
                key="version",
                value=self.version,
            )
        undone = ~so_far.base.change_between(self.version, seen)
        _require_as_seen(undone, so_far, seen)
        return undone


def _require_as_seen(undone: Change, so_far: PlanMap, seen: int) -> None:
    units = so_far.family(undone.units.codes)
    grids = so_far.exclusive_grids(undone.exclusive.codes)
    stale = [c for c in undone.units.codes if units.get(c) != undone.units.old.get(c)]
    stale += [c for c in undone.exclusive.codes if grids.get(c) != undone.exclusive.old.get(c)]
    if not stale:
        return
    code = stale[0]
    there = units.get(code) or grids.get(code) or undone.units.new.get(code)
    there = there or undone.exclusive.new[code]
    lon, lat = shapely.get_coordinates(shapely.point_on_surface(there.shape))[0].tolist()
    message = f"{code} has changed since version {seen}; what came before it cannot be restored"
    raise EditRefused("changed_since", message, lon=lon, lat=lat, codes=tuple(stale[:20]))
