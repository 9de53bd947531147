"""GCJ-02 and BD-09, the shifted datums of Chinese web maps, from and to WGS84.

Forward formulas: the public ones, as in the "eviltransform" project
(https://github.com/googollee/eviltransform) and the Wikipedia article "Restrictions on geographic
data in China"; a = 6378245.0, ee = 0.00669342162296594323 (Krasovsky 1940). The inverses are
fixed-point iterations: each step divides the error by more than a hundred, so four stay far below
1 mm, where the common single step is up to 3.2 m wrong in Zhengzhou. All functions take and return
degrees, lon before lat, arrays that broadcast.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Pair = tuple[Array, Array]

_A = 6378245.0
_EE = 0.00669342162296594323
_BD_PI = np.pi * 3000.0 / 180.0
_STEPS = 4


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Shift WGS84 to GCJ-02; outside the box 72.004-137.8347 E, 0.8293-55.8271 N nothing moves."""
    x, y = _arrays(lon, lat)
    dx, dy = _gcj_shift(x, y)
    china = (x >= 72.004) & (x <= 137.8347) & (y >= 0.8293) & (y <= 55.8271)
    return np.where(china, x + dx, x), np.where(china, y + dy, y)


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Undo `wgs84_to_gcj02`, below 1 mm except within the shift (600 m) of the box's border."""
    x, y = _arrays(lon, lat)
    return _inverted(wgs84_to_gcj02, x, y, (x, y))


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Shift GCJ-02 to BD-09."""
    x, y = _arrays(lon, lat)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_PI)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_PI)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Undo `gcj02_to_bd09`, below 1 mm."""
    x, y = _arrays(lon, lat)
    return _inverted(gcj02_to_bd09, x, y, (x - 0.0065, y - 0.006))


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Shift WGS84 to BD-09."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Undo `wgs84_to_bd09`, below 1 mm."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def _arrays(lon: ArrayLike, lat: ArrayLike) -> Pair:
    x, y = np.broadcast_arrays(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))
    return x, y


def _inverted(forward: Callable[[Array, Array], Pair], x: Array, y: Array, guess: Pair) -> Pair:
    u, v = guess
    for _ in range(_STEPS):
        shifted_x, shifted_y = forward(u, v)
        u, v = u - (shifted_x - x), v - (shifted_y - y)
    return np.asarray(u), np.asarray(v)


def _gcj_shift(lon: Array, lat: Array) -> Pair:
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    short = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east = (
        east + (short + _waves(x, ((20.0, 1.0), (40.0, 3.0), (150.0, 12.0), (300.0, 30.0)))) / 1.5
    )
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north = (
        north + (short + _waves(y, ((20.0, 1.0), (40.0, 3.0), (160.0, 12.0), (320.0, 30.0)))) / 1.5
    )
    rad = np.radians(lat)
    magic = 1.0 - _EE * np.sin(rad) ** 2
    meridian = _A * (1.0 - _EE) / (magic * np.sqrt(magic))
    parallel = _A / np.sqrt(magic) * np.cos(rad)
    return np.degrees(east / parallel), np.degrees(north / meridian)


def _waves(value: Array, waves: tuple[tuple[float, float], ...]) -> Array:
    """Sum of height * sin(pi * value / length) over the waves (height, length)."""
    total = np.zeros_like(value)
    for height, length in waves:
        total = total + height * np.sin(np.pi * value / length)
    return total
