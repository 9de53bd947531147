"""`python -m gridgeo.cli` is the command `gridgeo`."""

from gridgeo.cli import main

main()
