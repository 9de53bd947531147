"""What `GET /locate` is measured against: two FastAPI applications, each as lean as it can be.

`bare` answers bytes that it was given; `postgis` asks PostGIS which leaf covers the point, by a
prepared statement over connections of its own, and answers no more than that.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Response
from psycopg_pool import AsyncConnectionPool

LEAF = """
SELECT u.code, u.name
FROM unit_shape s JOIN unit u USING (unit_id)
WHERE s.is_leaf AND upper_inf(s.versions) AND upper_inf(u.versions)
  AND ST_Covers(s.geom, ST_SetSRID(ST_MakePoint(%s, %s), 4326))
ORDER BY u.code LIMIT 1
"""


def bare() -> FastAPI:
    """Answer the bytes in the file that BENCH_ANSWER names."""
    app = FastAPI()
    body = Path(os.environ["BENCH_ANSWER"]).read_bytes()

    @app.get("/locate")
    async def locate() -> Response:
        return Response(body, media_type="application/json")

    return app


def postgis() -> FastAPI:
    """Answer code and name of the leaf, out of the database that BENCH_DSN names."""
    pool = AsyncConnectionPool(os.environ["BENCH_DSN"], min_size=4, max_size=4, open=False)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with pool:
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/locate")
    async def locate(lon: float, lat: float) -> dict[str, str | None]:
        async with pool.connection() as conn:
            row = await (await conn.execute(LEAF, (lon, lat), prepare=True)).fetchone()
        return {"code": row[0], "name": row[1]} if row else {"code": None, "name": None}

    return app
