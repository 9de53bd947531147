"""Pure geometry: lattice, exact predicates, coverage, edits, coordinate systems, point index."""
