"""Make the territories of the demo branches from the counties of the us-atlas package.

Run by hand when they must change (shapely and numpy are no dependencies of the product):
``npm pack us-atlas@3.0.1 && tar xzf us-atlas-3.0.1.tgz && python tools/territories/build.py package/counties-10m.json``
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

ROOT = Path(__file__).parents[2]
BRANCHES = ROOT / "jobs/demo/data/branches.json"
TERRITORIES = ROOT / "jobs/demo/data/territories.json"
REACH_KM = 120.0
"""A county belongs to the nearest branch within this distance of its middle."""
TERRITORY_TOLERANCE = 0.012**2
"""Simplification keeps shared borders shared; an area in square degrees."""
OUTSIDE = {"02", "15", "60", "66", "69", "72", "78"}
"""States and territories beyond the lower 48."""


def _areas(shape: BaseGeometry) -> BaseGeometry:
    """Return only what has an area: mending a ring can leave stray lines behind."""
    return shapely.union_all([part for part in getattr(shape, "geoms", [shape]) if part.geom_type in {"Polygon", "MultiPolygon"}])


def decode(topology: dict[str, Any], kind: str) -> list[tuple[str, str, BaseGeometry]]:
    """Return (id, name, geometry in degrees) of every object of ``kind`` in a quantised TopoJSON file."""
    scale, translate = np.array(topology["transform"]["scale"]), np.array(topology["transform"]["translate"])
    arcs = [np.cumsum(np.array(arc), axis=0) * scale + translate for arc in topology["arcs"]]

    def ring(indexes: list[int]) -> np.ndarray:
        return np.concatenate([(arcs[i] if i >= 0 else arcs[~i][::-1])[(1 if n else 0):] for n, i in enumerate(indexes)])

    def polygon(rings: list[list[int]]) -> shapely.Polygon:
        outer, *holes = (ring(indexes) for indexes in rings)
        if len(outer) < 4:  # quantising collapses the smallest islands and holes
            return shapely.Polygon()
        return shapely.Polygon(outer, [hole for hole in holes if len(hole) > 3])

    found = []
    for thing in topology["objects"][kind]["geometries"]:
        if thing["type"] not in {"Polygon", "MultiPolygon"} or str(thing["id"])[:2] in OUTSIDE:
            continue
        polygons = [thing["arcs"]] if thing["type"] == "Polygon" else thing["arcs"]
        shape = shapely.MultiPolygon([made for rings in polygons if not (made := polygon(rings)).is_empty])
        found.append((str(thing["id"]), thing["properties"]["name"], _areas(shapely.make_valid(shape))))
    return found


def kilometres(points: np.ndarray, latitude: float, longitude: float) -> np.ndarray:
    """Return the great-circle distance of each (longitude, latitude) row from one place."""
    lon, lat = np.radians(points).T
    here_lon, here_lat = np.radians([longitude, latitude])
    half = np.sin((lat - here_lat) / 2) ** 2 + np.cos(lat) * np.cos(here_lat) * np.sin((lon - here_lon) / 2) ** 2
    return 2 * 6371.0 * np.arcsin(np.sqrt(half))


def geometry(shape: BaseGeometry, digits: int, smallest: float) -> dict[str, Any]:
    """Return GeoJSON with ``digits`` decimals, without specks smaller than ``smallest`` square degrees."""
    parts = [part for part in getattr(shape, "geoms", [shape]) if part.geom_type == "Polygon"]
    kept = [part for part in parts if part.area >= smallest] or [max(parts, key=lambda part: part.area)]
    tidy = shapely.Polygon(kept[0]) if len(kept) == 1 else shapely.MultiPolygon(kept)
    found: dict[str, Any] = json.loads(shapely.to_geojson(tidy))
    return json.loads(json.dumps(found), parse_float=lambda text: round(float(text), digits))  # type: ignore[no-any-return]


def main(source: Path) -> None:
    """Write the territories and say how large the file is."""
    topology = json.loads(source.read_text())
    branches, counties = json.loads(BRANCHES.read_text()), [county for county in decode(topology, "counties") if not county[2].is_empty]
    middles = np.array([[shape.centroid.x, shape.centroid.y] for _, _, shape in counties])
    distances = np.array([kilometres(middles, place["latitude"], place["longitude"]) for place in branches])
    owner = np.where(distances.min(axis=0) <= REACH_KM, distances.argmin(axis=0), -1)
    dissolved = [shapely.union_all([counties[i][2] for i in np.flatnonzero(owner == n)]) for n in range(len(branches))]
    thin = shapely.coverage_simplify(dissolved, TERRITORY_TOLERANCE**0.5)
    lines = [json.dumps({place["name"]: geometry(shape, 3, 0.005)}, separators=(",", ":"))[1:-1] for place, shape in zip(branches, thin, strict=True)]
    TERRITORIES.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(TERRITORIES.relative_to(ROOT), TERRITORIES.stat().st_size)  # noqa: T201 - a tool for developers speaks on the terminal


if __name__ == "__main__":
    main(Path(sys.argv[1]))
