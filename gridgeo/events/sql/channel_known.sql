-- Whether there is such an intake channel. Index: channel_pkey.
SELECT EXISTS (SELECT FROM channel WHERE channel = %(channel)s)
