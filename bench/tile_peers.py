"""Two routes of FastAPI that tiles are measured against: raw `ST_AsMVT`, and stored bytes."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Response
from psycopg_pool import AsyncConnectionPool

MVT = "application/vnd.mapbox-vector-tile"

TILE = """
WITH tile AS (SELECT ST_TileEnvelope(%s, %s, %s) AS box)
SELECT ST_AsMVT(row, 'micro_grid', 4096, 'geom', 'id') FROM (
    SELECT g.id, ST_AsMVTGeom(g.geom, tile.box, 4096, 64, true) AS geom,
           g.code, g.level, g.name, g.parent_code, g.leaf, g.households, g.synthetic
    FROM tile JOIN bench_tile g ON g.geom && tile.box
) AS row WHERE geom IS NOT NULL
"""


def raw() -> FastAPI:
    """Answer tiles by one prepared statement over `bench_tile`, by connections of its own."""
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
        return Response(bytes(row[0]) if row else b"", media_type=MVT)

    return app


def bare() -> FastAPI:
    """Answer the bytes in the files under the folder that BENCH_FILES names, read beforehand."""
    app, root = FastAPI(), Path(os.environ["BENCH_FILES"]) / "tiles" / "micro_grid"
    stored = {
        tuple(map(int, path.relative_to(root).with_suffix("").parts)): path.read_bytes()
        for path in root.glob("*/*/*.mvt")
    }

    @app.get("/tiles/micro_grid/{z}/{x}/{y}.mvt")
    async def tile(z: int, x: int, y: int) -> Response:
        return Response(stored[z, x, y], media_type=MVT)

    return app
