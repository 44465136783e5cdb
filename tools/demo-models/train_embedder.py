"""Trains the face embedder with an additive angular margin: python train_embedder.py SCENES OUT.pt [MINUTES [START.pt]]

The loss is that of ArcFace, arXiv:1801.07698.
"""

import sys

import numpy as np
import torch
from torch.nn import functional

import scenes as data
from networks import Embedder, fast
from training import train

torch.manual_seed(3)
rng = np.random.default_rng(3)
MARGIN, SCALE = 0.4, 24.0
SMALLEST_FACE = 9


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


@torch.no_grad()
def middles(model, faces, label, count):
    """The mean embedding of each identity, of unit length: where a training that goes on begins."""
    model.eval()
    found = torch.cat([model((part.float() - 127.5) / 127.5) for part in faces.split(256)])
    model.train()
    return functional.normalize(torch.zeros(count, 512).index_add_(0, label, functional.normalize(found)))


def main(folder, out, minutes=12.0, start=None):
    faces, whose = faces_of(data.load(folder), 2)
    identities, label = whose.unique(return_inverse=True)
    print(len(faces), "views of", len(identities), "identities")
    model = Embedder().to(memory_format=torch.channels_last)
    first = torch.randn(len(identities), 512) * 0.05
    if start is not None:
        model.load_state_dict(torch.load(start))
        first = middles(model, faces, label, len(identities))
    centres = torch.nn.Parameter(first)
    print(sum(p.numel() for p in model.parameters()), "parameters")

    def loss_of_batch(share):
        chosen = torch.from_numpy(rng.integers(0, len(faces), 96))
        images = faces[chosen].float()
        gain = torch.empty(len(chosen), 1, 1, 1).uniform_(0.75, 1.25)
        images = (images - 127.5) * gain / 127.5 + torch.empty_like(gain).uniform_(-0.2, 0.2)
        if rng.random() < 0.4:  # as faces from far away look
            wide = int(rng.integers(14, 80))
            tall = int(wide * rng.uniform(1, 1.8))  # a squashed frame has more rows than columns
            images = functional.interpolate(images, (tall, wide), mode="bilinear", antialias=True)
            images = functional.interpolate(images, (112, 112), mode="bilinear")
        with fast():
            embedding = model(images.clamp(-1, 1).contiguous(memory_format=torch.channels_last))
        embedding = functional.normalize(embedding.float())
        cosine = embedding @ functional.normalize(centres).T
        own = functional.one_hot(label[chosen], len(identities)).bool()
        angle = cosine.clamp(-1 + 1e-6, 1 - 1e-6).acos()
        margin = MARGIN * min(1, share * 4)
        return functional.cross_entropy(SCALE * torch.where(own, (angle + margin).cos(), cosine), label[chosen])

    train([*model.parameters(), centres], loss_of_batch, minutes, rate=3e-3, decay=5e-4)
    torch.save(model.state_dict(), out)


if __name__ == "__main__":
    main(*sys.argv[1:])
