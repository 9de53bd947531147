-- All parties by code: their kind, and whether they are made up; no order.
SELECT code, kind, synthetic FROM party
