"""Trains the face embedder with an additive angular margin: python train_embedder.py SCENES OUT.pt [MINUTES]

The loss is that of ArcFace, arXiv:1801.07698.
"""

import sys
import time

import numpy as np
import torch
from torch.nn import functional

import scenes as data
from networks import Embedder, fast

torch.manual_seed(3)
rng = np.random.default_rng(3)
MARGIN, SCALE = 0.4, 24.0
SMALLEST_FACE = 18


def faces_of(scenes, views):
    """Faces [n, 3, 112, 112] RGB uint8, aligned by landmarks that are a little off, and whose they are."""
    faces, whose = [], []
    for scene in scenes:
        for person in scene["persons"]:
            face = person["face"]
            width = 0 if face is None else face["bbox"][2] - face["bbox"][0]
            if width < SMALLEST_FACE:
                continue
            for _ in range(views):
                points = np.array(face["landmarks"]) + rng.normal(0, 0.02 * width, (5, 2))
                faces.append(torch.from_numpy(data.align(scene["rgb"], points).copy()).permute(2, 0, 1))
                whose.append(person["identity"])
    return torch.stack(faces), torch.tensor(whose)


def main(folder, out, minutes=12.0):
    faces, whose = faces_of(data.load(folder), 2)
    identities, label = whose.unique(return_inverse=True)
    print(len(faces), "views of", len(identities), "identities")
    model = Embedder().to(memory_format=torch.channels_last)
    centres = torch.nn.Parameter(torch.randn(len(identities), 512) * 0.05)
    print(sum(p.numel() for p in model.parameters()), "parameters")
    optimizer = torch.optim.AdamW([*model.parameters(), centres], lr=3e-3, weight_decay=5e-4)
    started, step, recent = time.time(), 0, []
    while True:
        share = (time.time() - started) / (float(minutes) * 60)
        if share >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * min(1, (step + 1) / 100) * (0.5 + 0.5 * np.cos(np.pi * share)) + 1e-6
        chosen = torch.from_numpy(rng.integers(0, len(faces), 96))
        images = faces[chosen].float()
        gain = torch.empty(len(chosen), 1, 1, 1).uniform_(0.75, 1.25)
        images = (images - 127.5) * gain / 127.5 + torch.empty_like(gain).uniform_(-0.2, 0.2)
        if rng.random() < 0.4:  # as faces from far away look
            side = int(rng.integers(24, 80))
            images = functional.interpolate(images, (side, side), mode="bilinear", antialias=True)
            images = functional.interpolate(images, (112, 112), mode="bilinear")
        with fast():
            embedding = model(images.clamp(-1, 1).contiguous(memory_format=torch.channels_last))
        embedding = functional.normalize(embedding.float())
        cosine = embedding @ functional.normalize(centres).T
        own = functional.one_hot(label[chosen], len(identities)).bool()
        angle = cosine.clamp(-1 + 1e-6, 1 - 1e-6).acos()
        margin = MARGIN * min(1, share * 4)
        loss = functional.cross_entropy(SCALE * torch.where(own, (angle + margin).cos(), cosine), label[chosen])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([*model.parameters(), centres], 10)
        optimizer.step()
        recent.append(float(loss.detach()))
        step += 1
        if step % 50 == 0:
            print(f"{share:5.1%} step {step} loss {np.mean(recent[-50:]):.3f}", flush=True)
    torch.save(model.state_dict(), out)


if __name__ == "__main__":
    main(*sys.argv[1:])
