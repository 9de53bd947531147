-- Ids of units of which a row or a shape begins or ends after a version, up to another; no order.
-- Indexes: unit_since_idx, unit_until_idx, unit_shape_since_idx, unit_shape_until_idx.
SELECT unit_id FROM unit WHERE lower(versions) > %(before)s AND lower(versions) <= %(after)s
UNION
SELECT unit_id FROM unit WHERE upper(versions) > %(before)s AND upper(versions) <= %(after)s
UNION
SELECT unit_id FROM unit_shape WHERE lower(versions) > %(before)s AND lower(versions) <= %(after)s
UNION
SELECT unit_id FROM unit_shape WHERE upper(versions) > %(before)s AND upper(versions) <= %(after)s
