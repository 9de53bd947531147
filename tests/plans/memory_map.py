"""A map in memory for plans to be drawn on: what the database answers, without one."""

from collections.abc import Collection, Mapping
from functools import cached_property

import numpy as np
import shapely
from shapely import STRtree

from gridgeo.cli.city_files import read_profile
from gridgeo.cli.demo import city_units
from gridgeo.plans.model import Change, PlanMap
from gridgeo.settings import ROOT
from gridgeo.synth.model import SynthCity
from gridgeo.units.model import Box, ExclusiveGrid, Profile, Unit


class MemoryMap:
    """A `BaseMap` of given units and exclusive grids; no other code was ever given."""

    def __init__(
        self, units: Mapping[str, Unit], exclusive: Mapping[str, ExclusiveGrid], profile: Profile
    ) -> None:
        self.units = dict(units)
        self.exclusive = dict(exclusive)
        self.profile = profile
        self.given: set[str] = set(units)

    @classmethod
    def of(cls, city: SynthCity) -> "MemoryMap":
        units = {unit.code: unit for unit in city_units(city)}
        exclusive = {
            g.code: ExclusiveGrid(g.code, g.name, g.kind, g.shape, g.synthetic)
            for g in city.exclusive_grids
        }
        return cls(units, exclusive, read_profile(ROOT / "data"))

    @property
    def root(self) -> Unit:
        [root] = [unit for unit in self.units.values() if unit.parent_code is None]
        return root

    @cached_property
    def _tree(self) -> tuple[list[str], STRtree]:
        boxes = shapely.box(*shapely.bounds([u.shape for u in self.units.values()]).T)
        return list(self.units), STRtree(np.asarray(boxes))

    @cached_property
    def _children(self) -> dict[str | None, list[str]]:
        children: dict[str | None, list[str]] = {}
        for unit in self.units.values():
            children.setdefault(unit.parent_code, []).append(unit.code)
        return children

    def around(self, box: Box) -> dict[str, Unit]:
        codes, tree = self._tree
        return {codes[i]: self.units[codes[i]] for i in tree.query(shapely.box(*box)).tolist()}

    def family(self, codes: Collection[str]) -> dict[str, Unit]:
        wanted = [code for code in codes if code in self.units]
        wanted += [child for code in wanted for child in self._children.get(code, ())]
        return {code: self.units[code] for code in wanted}

    def codes_given(self, beginning: str) -> set[str]:
        return {code for code in self.given if code.startswith(beginning)}

    def exclusive_grids(self, codes: Collection[str]) -> dict[str, ExclusiveGrid]:
        return {code: self.exclusive[code] for code in codes if code in self.exclusive}

    def exclusive_codes_given(self, beginning: str) -> set[str]:
        return {code for code in self.exclusive if code.startswith(beginning)}

    def plan(self) -> PlanMap:
        return PlanMap(self, Change())


def units_of(plan: PlanMap) -> dict[str, Unit]:
    """All units of the map as a plan over a `MemoryMap` has it."""
    return plan.done.units.apply(plan.base.units)
