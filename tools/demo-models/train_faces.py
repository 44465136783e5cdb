"""Trains the face finder on crops of persons: python train_faces.py SCENES OUT.pt [MINUTES]"""

import sys

import numpy as np
import torch
from torch.nn import functional

import scenes as data
from networks import FaceFinder, fast
from training import train

torch.manual_seed(2)
rng = np.random.default_rng(2)
SIDE = 320
# Widths of faces (px of the crop) that each stride finds.
RANGES = ((0, 44), (44, 100), (100, 1e9))


def crops_of(scenes, limit):
    """Crops [n, 3, 320, 320] BGR uint8 and their faces [k, 14]: box, landmarks in pixels of the crop."""
    crops, faces = [], []
    for index in rng.permutation(sum(len(s["persons"]) for s in scenes)):
        if len(crops) == limit:
            break
        scene = scenes[index % len(scenes)]
        if not scene["persons"]:
            continue
        person = scene["persons"][index // len(scenes) % len(scene["persons"])]
        box = np.array(person["bbox"])
        size = (box[2:] - box[:2]).repeat(2).reshape(2, 2).T.flatten()
        box = box + rng.uniform(-0.06, 0.06, 4) * size
        if min(box[2:] - box[:2]) < 16:
            continue
        crop, (x, y, scale) = data.person_crop(scene["rgb"], np.clip(box, 0, 640))
        mine = []
        for other in scene["persons"]:
            if other["face"] is None:
                continue
            points = np.array(other["face"]["bbox"] + sum(other["face"]["landmarks"], [])).reshape(-1, 2)
            points = (points - (x, y)) * scale
            if points[2:].min() > 2 and (points[2:] < SIDE - 2).all():
                mine.append(points.flatten())
        crops.append(torch.from_numpy(crop[..., ::-1].copy()).permute(2, 0, 1))
        faces.append(torch.tensor(np.array(mine), dtype=torch.float32).reshape(-1, 14))
    return torch.stack(crops), faces


def loss_of(model, images, faces):
    with fast():
        found = model.raw(images.contiguous(memory_format=torch.channels_last))
    found = [level.float() for level in found]
    total, count = 0.0, 1.0
    for level, stride in enumerate(model.strides):
        low, high = RANGES[level]
        columns = SIDE // stride
        grid = torch.stack((torch.arange(columns).repeat(columns), torch.arange(columns).repeat_interleave(columns)), 1)
        for i, all_faces in enumerate(faces):
            width = all_faces[:, 2] - all_faces[:, 0]
            mine = all_faces[(width >= low) & (width < high)]
            near = all_faces[(width >= low * 0.8) & (width < high * 1.25)]
            goal = torch.zeros(len(grid))
            cares = torch.ones(len(grid), dtype=torch.bool)
            for face in near:
                centre = (face[:2] + face[2:4]) / 2 / stride
                cares &= (grid + 0.5 - centre).abs().max(1).values > 1.2
            for face in mine:
                centre = (face[:2] + face[2:4]) / 2 / stride
                hit = (grid + 0.5 - centre).abs().max(1).values < 1.0
                goal[hit], cares = 1.0, cares | hit
                count += float(hit.sum())
                cells, coded = grid[hit], found[level][i][hit]
                size = torch.log((face[2:4] - face[:2]) / stride)
                box = torch.cat((centre - cells, size.expand(len(cells), 2)), 1)
                points = (face[4:].reshape(1, 5, 2) / stride - cells[:, None]).flatten(1)
                scale = (face[2] - face[0]) / stride
                total = total + functional.smooth_l1_loss(coded[:, 1:5], box, reduction="sum", beta=0.1)
                total = total + 6 * functional.smooth_l1_loss(coded[:, 5:] / scale, points / scale, reduction="sum", beta=0.02)
            logit = found[level][i][:, 0]
            chance = logit.sigmoid().detach()
            weight = torch.where(goal > 0, 1.0, 0.75 * chance**2)
            bce = functional.binary_cross_entropy_with_logits(logit, goal, reduction="none")
            total = total + 2 * (bce * weight * cares).sum()
    return total / count


def main(folder, out, minutes=10.0):
    crops, faces = crops_of(data.load(folder), 9000)
    model = FaceFinder().to(memory_format=torch.channels_last)
    print(sum(p.numel() for p in model.parameters()), "parameters,", sum(len(f) for f in faces), "faces")

    def loss_of_batch(_share):
        chosen = torch.from_numpy(rng.integers(0, len(crops), 24))
        images = crops[chosen].float()
        gain = torch.empty(len(chosen), 1, 1, 1).uniform_(0.75, 1.25)
        images = ((images - 128) * gain + 128 + torch.empty_like(gain).uniform_(-30, 30)).clamp(0, 255)
        return loss_of(model, images, [faces[i] for i in chosen])

    train(model.parameters(), loss_of_batch, minutes, rate=2e-3, decay=1e-3)
    torch.save(model.state_dict(), out)


if __name__ == "__main__":
    main(*sys.argv[1:])
