"""Where the townships of 二七区 lie and how large they are, and what the demo city calls things.

The positions and areas are guesses from common knowledge of the town, good enough that the dense
streets come to lie in the north-east around the railway station and the villages in the south-west.
They place synthetic borders; no border here is a real one.
"""

from __future__ import annotations

from typing import NamedTuple


class Hint(NamedTuple):
    """Rough centre (degrees) and rough area of a township."""

    lon: float
    lat: float
    area_km2: float


class Landmark(NamedTuple):
    """A known place, the radius of the exclusive grid around it, and who answers for it."""

    name: str
    kind: str
    lon: float
    lat: float
    radius_m: float
    parties: tuple[str, ...]


TOWNSHIP_HINTS: dict[str, Hint] = {
    "410103001": Hint(113.629, 34.738, 3.6),
    "410103003": Hint(113.652, 34.760, 1.3),
    "410103004": Hint(113.655, 34.748, 1.5),
    "410103005": Hint(113.645, 34.749, 1.6),
    "410103006": Hint(113.638, 34.760, 2.2),
    "410103007": Hint(113.632, 34.752, 2.4),
    "410103008": Hint(113.645, 34.738, 2.2),
    "410103009": Hint(113.655, 34.735, 2.6),
    "410103010": Hint(113.658, 34.755, 1.2),
    "410103011": Hint(113.625, 34.706, 5.0),
    "410103012": Hint(113.655, 34.712, 4.6),
    "410103013": Hint(113.638, 34.723, 3.6),
    "410103014": Hint(113.590, 34.708, 6.5),
    "410103015": Hint(113.575, 34.645, 52.0),
    "410103016": Hint(113.635, 34.670, 26.0),
    "410103100": Hint(113.525, 34.670, 38.0),
}

LANDMARKS: tuple[Landmark, ...] = (
    Landmark(
        "二七商圈专属网格",
        "business_district",
        113.6560,
        34.7525,
        620.0,
        ("二七区商务局", "二七区城市管理局", "二七区市场监督管理局", "二七商圈专属网格工作组"),
    ),
    Landmark(
        "郑州火车站专属网格",
        "hub",
        113.6545,
        34.7460,
        560.0,
        ("郑州火车站地区管理委员会", "郑州火车站", "火车站地区公安分局", "二七区城市管理局"),
    ),
    Landmark(
        "郑州大学第一附属医院专属网格",
        "hospital",
        113.6425,
        34.7540,
        430.0,
        ("郑州大学第一附属医院", "二七区卫生健康委员会", "交警二大队"),
    ),
    Landmark(
        "郑州大学南校区专属网格",
        "school",
        113.6350,
        34.7460,
        480.0,
        ("郑州大学南校区保卫处", "二七区教育局", "大学路街道办事处"),
    ),
    Landmark(
        "二七万达专属网格",
        "mall",
        113.6400,
        34.7180,
        420.0,
        ("二七万达广场物业服务中心", "二七区商务局", "二七区消防救援大队"),
    ),
)

RAILWAY_NEAR = (113.650, 34.742)
"""The main line runs north to south close to the station: lon, lat."""

ARTERIAL_NAMES = (
    "大学路", "嵩山路", "京广路", "航海路", "长江路", "陇海路", "淮河路", "中原路",
    "建设路", "郑密路", "南三环", "南四环", "鼎盛大道", "金马路", "芦医庙大道", "豫一路",
)  # fmt: skip
STREET_WORDS = (
    "兴华", "康复", "永安", "政通", "汉江", "漓江", "珠江", "赣江", "交通", "勤劳",
    "幸福", "和平", "建新", "保全", "友爱", "福寿", "新圃", "苗圃", "民安", "正兴",
    "祥云", "连云", "丹江", "淮南", "春晖", "锦绣", "望江", "杏梁", "学院", "碧云",
)  # fmt: skip
STREAM_WORDS = ("金水", "熊儿", "贾鲁", "七里", "十八里", "樱桃", "九娘", "青阳", "孔河", "南屏")
