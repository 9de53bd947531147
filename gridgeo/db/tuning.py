"""Server settings that fit the machine's memory, cores and shared memory file system."""

import os
from pathlib import Path

MIB = 1024 * 1024
CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def memory_bytes() -> int:
    """Return the memory this process may use: the machine's, or its container's limit."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [path.read_text().strip() for path in CGROUP_LIMITS if path.is_file()]
    return min([machine, *(int(limit) for limit in limits if limit.isdigit())])


def server_settings(memory: int, cores: int, *, durable: bool) -> dict[str, str]:
    """Return PostgreSQL settings for a machine that it shares with the service itself.

    Parameters
    ----------
    memory : int
        Bytes the whole machine has; an eighth becomes shared buffers, at most 2 GiB.
    cores : int
        Processors; half of them may help one query.
    durable : bool
        False for a cluster of tests, which may lose everything when the machine stops.
    """
    mib = memory // MIB
    settings = {
        "shared_buffers": f"{_between(64, mib // 8, 2048)}MB",
        "effective_cache_size": f"{max(128, mib // 2)}MB",
        "work_mem": f"{_between(4, mib // 256, 64)}MB",
        "maintenance_work_mem": f"{_between(64, mib // 16, 512)}MB",
        "max_wal_size": "4GB",
        "min_wal_size": "128MB",
        "checkpoint_timeout": "15min",
        "wal_compression": "on",
        "random_page_cost": "1.1",
        "jit": "off",
        "max_parallel_workers_per_gather": str(max(1, cores // 2)),
        "max_connections": "100",
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %q%u@%d %a ",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
    }
    if not durable:
        settings |= {"fsync": "off", "full_page_writes": "off"}
    if _shared_memory_bytes() < 256 * MIB:
        settings["dynamic_shared_memory_type"] = "mmap"
    return settings


def _between(low: int, value: int, high: int) -> int:
    return max(low, min(value, high))


def _shared_memory_bytes() -> int:
    """Return the size of /dev/shm (64 MiB in many containers); huge where there is none."""
    if not Path("/dev/shm").is_dir():
        return 1 << 62
    found = os.statvfs("/dev/shm")
    return found.f_blocks * found.f_frsize
