"""One worker of ours in a process of its own, speaking HTTP as under `gridgeo serve`."""

import sys

import uvicorn

from gridgeo.http.protocol import PatientProtocol

if __name__ == "__main__":
    uvicorn.run(
        "gridgeo.cli.worker:application",
        factory=True,
        http=PatientProtocol,
        port=int(sys.argv[sys.argv.index("--port") + 1]),
        access_log=False,
        log_level="warning",
    )
