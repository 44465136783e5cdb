"""The three networks of the demo: small, plain convolutions, made for generated scenes only."""

import torch
from torch import nn


def fast():
    """Half the time where the processor has bfloat16."""
    return torch.autocast("cpu", dtype=torch.bfloat16)


def conv(inputs, outputs, stride=1, size=3):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
    )


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = conv(width, width)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        return torch.relu(x + self.second(self.first(x)))


def cell_centres(height, width, stride):
    """[height * width, 2]: x, y in pixels of the input."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return (torch.stack((x, y), -1).reshape(-1, 2) + 0.5) * stride


class Detector(nn.Module):
    """[n, 3, height, width] RGB 0..1 -> [n, 5, anchors]: cx, cy, w, h in pixels and the probability of a person.

    Height and width are multiples of 32; 384x640 has 5040 anchors, 640x640 8400.

    A YOLOv8-style head: distances to the four sides as distributions over `bins` steps of the stride
    (distribution focal loss, arXiv:2006.04388), decoded in the graph.
    """

    strides = (8, 16, 32)
    bins = 16

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(conv(3, 8, 2), conv(8, 16, 2), conv(16, 24, 2), Residual(24))
        self.middle = nn.Sequential(conv(24, 48, 2), Residual(48))
        self.deep = nn.Sequential(conv(48, 64, 2), Residual(64), Residual(64))
        self.lateral = nn.ModuleList(conv(width, 32, size=1) for width in (24, 48, 64))
        self.smooth = nn.ModuleList(conv(32, 32) for _ in range(3))
        self.sides = nn.ModuleList(nn.Conv2d(32, 4 * self.bins, 1) for _ in range(3))
        self.person = nn.ModuleList(nn.Conv2d(32, 1, 1) for _ in range(3))
        for layer in self.person:
            nn.init.constant_(layer.bias, -4.0)
        self.register_buffer("steps", torch.arange(self.bins, dtype=torch.float32), persistent=False)

    def raw(self, x):
        """Logits of the sides [n, cells, 4, bins] and of the person [n, cells]; centre and stride of the cells [cells, 3]."""
        c3 = self.stem(x)
        c4 = self.middle(c3)
        c5 = self.deep(c4)
        p5 = self.lateral[2](c5)
        p4 = self.lateral[1](c4) + nn.functional.interpolate(p5, scale_factor=2.0)
        p3 = self.lateral[0](c3) + nn.functional.interpolate(p4, scale_factor=2.0)
        sides, person, cells = [], [], []
        for level, feature in enumerate((p3, p4, p5)):
            feature = self.smooth[level](feature)
            sides.append(self.sides[level](feature).flatten(2))
            person.append(self.person[level](feature).flatten(2))
            centres = cell_centres(feature.shape[2], feature.shape[3], self.strides[level])
            cells.append(torch.cat((centres, torch.full_like(centres[:, :1], self.strides[level])), 1))
        logits = torch.cat(sides, 2).transpose(1, 2).unflatten(2, (4, self.bins))
        return logits, torch.cat(person, 2)[:, 0], torch.cat(cells)

    def boxes(self, sides, cells):
        """[n, cells, 4]: x1, y1, x2, y2 in pixels."""
        centres, stride = cells[:, :2], cells[:, 2:]
        distance = (sides.softmax(3) * self.steps).sum(3) * stride
        return torch.cat((centres - distance[..., :2], centres + distance[..., 2:]), -1)

    def forward(self, x):
        sides, person, cells = self.raw(x)
        box = self.boxes(sides, cells)
        low, high = box[..., :2], box[..., 2:]
        return torch.cat(((low + high) / 2, high - low, person.sigmoid()[..., None]), -1).transpose(1, 2)


class FaceFinder(nn.Module):
    """[n, 3, 320, 320] BGR 0..255 -> the twelve outputs of YuNet (see @trinetra/face-aligner)."""

    strides = (8, 16, 32)

    def __init__(self):
        super().__init__()
        self.stages = nn.ModuleList(
            (
                nn.Sequential(conv(3, 8, 2), conv(8, 16, 2), conv(16, 32, 2), conv(32, 32)),
                nn.Sequential(conv(32, 48, 2), Residual(48)),
                nn.Sequential(conv(48, 64, 2), Residual(64)),
            )
        )
        self.heads = nn.ModuleList(nn.Sequential(conv(width, 32), nn.Conv2d(32, 15, 1)) for width in (32, 48, 64))
        for head in self.heads:
            nn.init.constant_(head[1].bias[:1], -4.0)

    def raw(self, x):
        """[n, cells of all strides, 15]: logit, box 4, landmarks 10 as YuNet codes them."""
        x = x / 255 - 0.5
        found = []
        for stage, head in zip(self.stages, self.heads):
            x = stage(x)
            found.append(head(x).flatten(2).transpose(1, 2))
        return found

    def forward(self, x):
        found = self.raw(x)
        score = [level[..., :1].sigmoid() for level in found]
        # With one class, whether something is there and whether it is a face is one question.
        return (*score, *(s + 0 for s in score), *(level[..., 1:5] for level in found), *(level[..., 5:] for level in found))


class Embedder(nn.Module):
    """[n, 3, 112, 112] RGB (x - 127.5) / 127.5 -> [n, 512], not normalised."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            conv(3, 16, 2), conv(16, 32, 2), Residual(32), conv(32, 64, 2), Residual(64), conv(64, 96, 2), Residual(96)
        )
        # One weight for each place: unlike an average it tells the eyes from the mouth.
        self.places = nn.Sequential(nn.Conv2d(96, 96, 7, groups=96, bias=False), nn.BatchNorm2d(96))
        self.embedding = nn.Sequential(nn.Linear(96, 512, bias=False), nn.BatchNorm1d(512))

    def forward(self, x):
        return self.embedding(self.places(self.body(x)).flatten(1))
