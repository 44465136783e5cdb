"""Generated scenes and their truth, as apps/camera-simulator writes them."""

import json
import pathlib

import numpy as np
from PIL import Image

# The ArcFace template for 112x112 (InsightFace).
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float64
)


def load(folder):
    """The lines of truth.ndjson, each with its picture as `rgb` [height, width, 3] uint8."""
    folder = pathlib.Path(folder)
    scenes = [json.loads(line) for line in (folder / "truth.ndjson").read_text().splitlines()]
    for scene in scenes:
        scene["rgb"] = np.asarray(Image.open(folder / scene["image"]).convert("RGB"))
    return scenes


def letterboxed(rgb, stride=32):
    """The picture in the middle of the smallest multiple of the stride that holds it, the rest grey."""
    height, width = rgb.shape[:2]
    tall, wide = -(-height // stride) * stride, -(-width // stride) * stride
    canvas = np.full((tall, wide, 3), 114, np.uint8)
    top, left = (tall - height) // 2, (wide - width) // 2
    canvas[top : top + height, left : left + width] = rgb
    return canvas


def similarity(points):
    """Least squares, points [5, 2] -> TEMPLATE, as a 2x3 matrix (Umeyama 1991)."""
    points = np.asarray(points, np.float64)
    mean, goal = points.mean(0), TEMPLATE.mean(0)
    a, b = points - mean, TEMPLATE - goal
    u, d, vt = np.linalg.svd(b.T @ a / len(points))
    sign = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    rotation = u @ np.diag(sign) @ vt
    scale = (d * sign).sum() / a.var(0).sum()
    return np.hstack([scale * rotation, (goal - scale * rotation @ mean)[:, None]])


def align(rgb, points):
    """The face as 112x112 RGB."""
    matrix = np.vstack([similarity(points), [0, 0, 1]])
    inverse = np.linalg.inv(matrix)
    image = Image.fromarray(rgb).transform((112, 112), Image.AFFINE, inverse[:2].flatten(), Image.BILINEAR)
    return np.asarray(image)


def person_crop(rgb, box, side=320):
    """The person fitted into the top left of side x side, the rest 0, and (x, y, scale) of the crop."""
    height, width = rgb.shape[:2]
    x1, y1 = max(0, int(np.floor(box[0]))), max(0, int(np.floor(box[1])))
    x2, y2 = min(width, int(np.ceil(box[2]))), min(height, int(np.ceil(box[3])))
    scale = min(side / (x2 - x1), side / (y2 - y1))
    size = max(1, round((x2 - x1) * scale)), max(1, round((y2 - y1) * scale))
    crop = np.zeros((side, side, 3), np.uint8)
    part = Image.fromarray(rgb[y1:y2, x1:x2]).resize(size, Image.BILINEAR, reducing_gap=None)
    crop[: size[1], : size[0]] = np.asarray(part)
    return crop, (x1, y1, scale)
