"""What tiles are measured against: `ST_AsMVT` behind FastAPI, and a route that returns bytes."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Response
from psycopg_pool import AsyncConnectionPool

PREPARE = (
    "CREATE TABLE bench_tile AS SELECT u.unit_id AS id, u.code, u.level, u.name,"
    " p.code AS parent_code, u.is_leaf AS leaf, u.households, u.synthetic,"
    " ST_Transform(s.geom, 3857) AS geom"
    " FROM unit u JOIN unit_shape s USING (unit_id) JOIN unit p ON p.unit_id = u.parent_id"
    " WHERE u.is_leaf",
    "CREATE INDEX ON bench_tile USING gist (geom)",
    "ANALYZE bench_tile",
    "GRANT SELECT ON bench_tile TO PUBLIC",
)

TILE = """
WITH tile AS (SELECT ST_TileEnvelope(%s, %s, %s) AS box)
SELECT ST_AsMVT(row, 'micro_grid', 4096, 'geom', 'id') FROM (
    SELECT g.id, ST_AsMVTGeom(g.geom, tile.box, 4096, 64, true) AS geom,
           g.code, g.level, g.name, g.parent_code, g.leaf, g.households, g.synthetic
    FROM tile JOIN bench_tile g ON g.geom && tile.box
) AS row WHERE geom IS NOT NULL
"""


def raw() -> FastAPI:
    """Answer tiles by one statement over a table in EPSG:3857, by connections of its own."""
    pool = AsyncConnectionPool(os.environ["BENCH_DSN"], min_size=4, max_size=4, open=False)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with pool:
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/tiles/micro_grid/{z}/{x}/{y}.mvt")
    async def tile(z: int, x: int, y: int) -> Response:
        async with pool.connection() as conn:
            row = await (await conn.execute(TILE, (z, x, y), prepare=True)).fetchone()
        return Response(bytes(row[0]) if row else b"", media_type="application/x-protobuf")

    return app


def bare() -> FastAPI:
    """Answer the bytes in the file that BENCH_ANSWER names."""
    app = FastAPI()
    body = Path(os.environ["BENCH_ANSWER"]).read_bytes()

    @app.get("/tiles/micro_grid/{z}/{x}/{y}.mvt")
    async def tile(z: int, x: int, y: int) -> Response:
        return Response(body, media_type="application/x-protobuf")

    return app
