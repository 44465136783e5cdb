"""Trains the person detector on scenes: python train_detector.py SCENES OUT.pt [MINUTES [START.pt]]"""

import sys

import numpy as np
import torch
from torch.nn import functional

import scenes as data
from networks import Detector, fast
from training import train

torch.manual_seed(1)
rng = np.random.default_rng(1)
# Sizes of persons (longer side, px) that each stride finds.
RANGES = ((0, 112), (112, 288), (288, 1e9))


def giou(a, b):
    low, high = torch.maximum(a[:, :2], b[:, :2]), torch.minimum(a[:, 2:], b[:, 2:])
    inter = (high - low).clamp(min=0).prod(1)
    union = (a[:, 2:] - a[:, :2]).clamp(min=0).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - inter
    hull = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).prod(1)
    iou = inter / union.clamp(min=1e-6)
    return iou, iou - (hull - union) / hull.clamp(min=1e-6)


def assign(model, cells, boxes, ignored):
    """By cell the index of its person, -1 for none, -2 for do not care."""
    centres, strides = cells[:, :2], cells[:, 2]
    target = torch.full((len(cells),), -1)
    nearest = torch.full((len(cells),), float("inf"))
    for index, box in enumerate(boxes):
        size = float((box[2:] - box[:2]).max())
        level = next(i for i, (low, high) in enumerate(RANGES) if low <= size < high)
        middle = (box[:2] + box[2:]) / 2
        inside = ((centres > box[:2]) & (centres < box[2:])).all(1)
        apart = (centres - middle).abs().max(1).values
        stride = model.strides[level]
        mine = inside & (strides == stride) & (apart < 1.6 * stride) & (apart < nearest)
        target[mine], nearest[mine] = index, apart[mine]
    for box in ignored:
        inside = ((centres > box[:2]) & (centres < box[2:])).all(1)
        target[inside & (target == -1)] = -2
    return target


def loss_of(model, images, persons):
    with fast():
        sides, logits, cells = model.raw(images.contiguous(memory_format=torch.channels_last))
    sides, logits = sides.float(), logits.float()
    predicted = model.boxes(sides, cells)
    total, count = 0.0, 1.0
    for i, (boxes, ignored) in enumerate(persons):
        target = assign(model, cells, boxes, ignored)
        mine = target >= 0
        quality = torch.zeros_like(logits[i])
        count += float(mine.sum())
        if mine.any():
            goal = boxes[target[mine]]
            iou, better = giou(predicted[i][mine], goal)
            quality[mine] = iou.detach().clamp(min=0.2)
            centre, stride = cells[mine, :2], cells[mine, 2:]
            distance = torch.cat((centre - goal[:, :2], goal[:, 2:] - centre), 1) / stride
            distance = distance.clamp(0, model.bins - 1.01)
            left = distance.long()
            right_share = distance - left
            chances = sides[i][mine].log_softmax(2)
            dfl = -(
                chances.gather(2, left[..., None])[..., 0] * (1 - right_share)
                + chances.gather(2, left[..., None] + 1)[..., 0] * right_share
            )
            total = total + (2.0 * (1 - better) + 0.4 * dfl.mean(1)).sum()
        cares = target != -2
        chance = logits[i].sigmoid().detach()
        weight = torch.where(mine, quality, 0.75 * chance**2)
        bce = functional.binary_cross_entropy_with_logits(logits[i], quality, reduction="none")
        total = total + (bce * weight * cares).sum() * 2
    return total / count


def augmented(scene):
    """A letterboxed picture as float [3, height, width] and the boxes that count, those that do not."""
    rgb = torch.from_numpy(scene["rgb"].copy()).permute(2, 0, 1).float() / 255
    height, width = rgb.shape[1:]
    tall, wide = -(-height // 32) * 32, -(-width // 32) * 32
    persons = scene["persons"]
    boxes = torch.tensor([p["bbox"] for p in persons], dtype=torch.float32).reshape(-1, 4)
    hidden = torch.tensor([p["hidden"] for p in persons])
    if rng.random() < 0.5:
        rgb = rgb.flip(2)
        boxes = torch.stack((width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0], boxes[:, 3]), 1)
    x, y = (wide - width) // 2, (tall - height) // 2
    if rng.random() < 0.4:
        scale = rng.uniform(0.55, 0.95)
        size = int(height * scale), int(width * scale)
        rgb = functional.interpolate(rgb[None], size, mode="bilinear", antialias=True)[0]
        boxes = boxes * torch.tensor([size[1] / width, size[0] / height] * 2)
        x, y = (int(rng.integers(0, room + 1)) for room in (wide - size[1], tall - size[0]))
    elif rng.random() < 0.5:  # as the worker sees a frame that was squashed to a square
        rgb = functional.interpolate(rgb[None], (max(height, width),) * 2, mode="bilinear")
        rgb = functional.interpolate(rgb, (height, width), mode="bilinear", antialias=bool(rng.random() < 0.5))[0]
    image = torch.full((3, tall, wide), 114 / 255)
    image[:, y : y + rgb.shape[1], x : x + rgb.shape[2]] = rgb
    boxes = boxes + torch.tensor([x, y, x, y])
    image = ((image - 0.5) * rng.uniform(0.75, 1.25) + 0.5 + rng.uniform(-0.12, 0.12)).clamp(0, 1)
    size = boxes[:, 2:] - boxes[:, :2]
    counts = (hidden < 0.65) & (size[:, 1] > 20) & (size[:, 0] > 12)
    return image, (boxes[counts], boxes[~counts])


def main(folder, out, minutes=25.0, start=None):
    scenes = data.load(folder)
    model = Detector().to(memory_format=torch.channels_last)
    if start is not None:
        model.load_state_dict(torch.load(start))
    print(sum(p.numel() for p in model.parameters()), "parameters")

    shapes = {}
    for scene in scenes:
        shapes.setdefault(scene["rgb"].shape, []).append(scene)

    def loss_of_batch(_share):
        # All pictures of a batch have one shape, taken as often as it is among the scenes.
        alike = shapes[scenes[rng.integers(0, len(scenes))]["rgb"].shape]
        chosen = [augmented(alike[i]) for i in rng.integers(0, len(alike), 8)]
        return loss_of(model, torch.stack([image for image, _ in chosen]), [persons for _, persons in chosen])

    train(model.parameters(), loss_of_batch, minutes, rate=2e-3, decay=1e-3)
    torch.save(model.state_dict(), out)


if __name__ == "__main__":
    main(*sys.argv[1:])
