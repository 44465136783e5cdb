"""Takes weights back out of an ONNX file: python recover.py detector|embedder MODEL.onnx SCENES OUT.pt

An export folds each batch normalisation into its convolution. Here it is unfolded by the means and variances that the
layer sees on scenes, so that a training can go on from OUT.pt.
"""

import sys

import onnx
import torch
from onnx import numpy_helper
from torch import nn

import scenes as data
from export import CALIBRATION
from networks import Detector, Embedder

PICTURES = 96


def convolutions_of(model, image):
    """Each convolution in the order in which it runs, and the normalisation after it if there is one."""
    order, hooks = [], []
    after = {}
    for name, module in model.named_modules():
        if isinstance(module, nn.Sequential):
            after |= {first: second for first, second in zip(module, module[1:]) if isinstance(second, nn.BatchNorm2d)}
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            hooks.append(module.register_forward_hook(lambda layer, *_: order.append(layer)))
    model(image)
    for hook in hooks:
        hook.remove()
    return [(layer, after.get(layer)) for layer in order]


def load_folded(model, path, image):
    """The convolutions of the file, with normalisations that only add the bias."""
    graph = onnx.load(path).graph
    values = {one.name: torch.from_numpy(numpy_helper.to_array(one).copy()) for one in graph.initializer}
    nodes = [node for node in graph.node if node.op_type == "Conv"]
    for node, (layer, norm) in zip(nodes, convolutions_of(model, image), strict=True):
        weight, bias = (values[key] for key in node.input[1:])
        assert layer.weight.shape == weight.shape, node.name
        layer.weight.data = weight
        if norm is None:
            layer.bias.data = bias
        else:
            norm.running_mean.zero_()
            norm.running_var.fill_(1 - norm.eps)
            norm.weight.data.fill_(1)
            norm.bias.data = bias
    if isinstance(model, Detector):
        for layer in model.person:
            layer.bias.data -= CALIBRATION
    else:
        (last,) = (node for node in graph.node if node.op_type == "MatMul")
        model.embedding[0].weight.data = values[last.input[1]].T.contiguous()
        for name in ("weight", "bias", "running_mean", "running_var"):
            getattr(model.embedding[1], name).data = values[f"embedding.1.{name}"]


def unfold(model, images):
    """Gives each normalisation the mean and variance of what it sees, its output staying the same."""
    seen = {}

    def see(norm, given):
        values = given[0].transpose(0, 1).flatten(1)
        seen.setdefault(norm, []).append((values.mean(1), values.square().mean(1)))

    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    hooks = [norm.register_forward_pre_hook(see) for norm in norms]
    for image in images:
        model(image)
    for hook in hooks:
        hook.remove()
    for norm in norms:
        mean, square = (torch.stack(values).mean(0) for values in zip(*seen[norm]))
        norm.running_mean = mean
        norm.running_var = (square - mean**2).clamp(min=0)
        norm.weight.data = (norm.running_var + norm.eps).sqrt()
        norm.bias.data += mean


def images_of(kind, scenes):
    """What the network is given, one picture at a time."""
    if kind == "detector":
        pictures = [data.letterboxed(scene["rgb"]) for scene in scenes[:PICTURES]]
        return [torch.from_numpy(rgb).permute(2, 0, 1)[None].float() / 255 for rgb in pictures]
    faces = [(scene["rgb"], person["face"]) for scene in scenes for person in scene["persons"] if person["face"]]
    pictures = [data.align(rgb, face["landmarks"]) for rgb, face in faces[: 4 * PICTURES]]
    return [(torch.from_numpy(rgb.copy()).permute(2, 0, 1)[None].float() - 127.5) / 127.5 for rgb in pictures]


@torch.no_grad()
def main(kind, path, folder, out):
    model = {"detector": Detector, "embedder": Embedder}[kind]().eval()
    images = images_of(kind, data.load(folder))
    load_folded(model, path, images[0])
    before = model(images[0])
    unfold(model, images)
    print("moved by", float((model(images[0]) - before).abs().max()))
    torch.save(model.state_dict(), out)


if __name__ == "__main__":
    main(*sys.argv[1:])
