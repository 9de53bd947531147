"""Duty posts follow the map, like devices: by where they stand."""

from typing import Any

from psycopg import Connection

from gridgeo.db.sql import statement
from gridgeo.units.model import Publication

FOLLOW_POSTS = statement(__package__, "follow_posts")


def follow(conn: Connection[Any], publication: Publication) -> None:
    """Give the posts of leaves that changed, and of units that are no more, their new homes.

    A post that an office put into another unit than the one it stands in stays there as long as the
    unit does. Follows `publish`.
    """
    conn.execute(FOLLOW_POSTS, {"version": publication.version.version})
