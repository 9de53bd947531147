"""The API reference at `/docs`, from files of our own: a closed network has no CDN."""

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse


def install(app: FastAPI) -> None:
    """Serve Swagger UI at `/docs`; its files are built with the console and lie in `/assets`."""

    @app.get("/docs", include_in_schema=False, response_class=HTMLResponse)
    def reference() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="gridgeo API",
            swagger_js_url="/assets/swagger-ui-bundle.js",
            swagger_css_url="/assets/swagger-ui.css",
            swagger_favicon_url="data:,",
        )
