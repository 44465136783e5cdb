"""Writes the trained networks as ONNX: python export.py FOLDER_OF_PT OUT_FOLDER"""

import math
import pathlib
import sys

import onnx
import torch

from networks import Detector, Embedder, FaceFinder

# On held-out scenes precision and recall balance at a probability of 0.48. The worker's threshold is 0.35 by default:
# the logits are moved so that it falls there.
CALIBRATION = math.log(0.35 / 0.65) - math.log(0.48 / 0.52)

OUTPUTS = [f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in (8, 16, 32)]


def export(network, weights, path, size, input_name, output_names, metadata):
    network.load_state_dict(torch.load(weights))
    if isinstance(network, Detector):
        for layer in network.person:
            layer.bias.data += CALIBRATION
    network.eval()
    batch = {0: "batch"}
    torch.onnx.export(
        network,
        (torch.rand(2, 3, size, size),),
        path,
        input_names=[input_name],
        output_names=output_names,
        dynamic_axes={name: batch for name in [input_name, *output_names]},
        opset_version=17,
        dynamo=False,
    )
    model = onnx.load(path)
    for key, value in metadata.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.checker.check_model(model)
    onnx.save(model, path)
    print(path, path.stat().st_size, "bytes")


def main(source, target):
    source, target = pathlib.Path(source), pathlib.Path(target)
    target.mkdir(parents=True, exist_ok=True)
    author = {"author": "TRINETRA demo models, generated scenes only", "license": "Apache-2.0"}
    yolo = {"task": "detect", "stride": "32", "batch": "1", "imgsz": "[640, 640]", "names": "{0: 'person'}"}
    export(Detector(), source / "detector.pt", target / "demo-yolov8.onnx", 640, "images", ["output0"], yolo | author)
    export(FaceFinder(), source / "faces.pt", target / "demo-yunet.onnx", 320, "input", OUTPUTS, author)
    export(Embedder(), source / "embedder.pt", target / "demo-arcface.onnx", 112, "data", ["embedding"], author)


if __name__ == "__main__":
    main(*sys.argv[1:])
