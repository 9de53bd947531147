"""TCP ports on the loopback address."""

import socket
from collections.abc import Iterable
from itertools import chain

LOOPBACK = "127.0.0.1"
CLUSTER_PORTS = range(20000, 30000)


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Return whether a server could listen there now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_cluster_port(seed: int) -> int:
    """Return a free port for a cluster: the seed's own, or the next free one after it.

    The range lies below those from which systems lend ports to clients.
    """
    first = CLUSTER_PORTS.start + seed % len(CLUSTER_PORTS)
    candidates = chain(range(first, CLUSTER_PORTS.stop), range(CLUSTER_PORTS.start, first))
    return first_free(candidates)


def first_free(candidates: Iterable[int], host: str = LOOPBACK) -> int:
    """Return the first free port of the candidates.

    Raises
    ------
    OSError
        If none is free.
    """
    for port in candidates:
        if is_free(port, host):
            return port
    raise OSError(f"no free port on {host}")
