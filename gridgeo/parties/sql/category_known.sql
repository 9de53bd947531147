-- Whether a scheme has a class code. Index: event_category_pkey.
SELECT EXISTS (SELECT FROM event_category WHERE scheme = %(scheme)s AND code = %(category)s)
