"""Writes the trained networks as ONNX, those whose weights are there: python export.py FOLDER_OF_PT OUT_FOLDER"""

import math
import pathlib
import sys

import onnx
import torch

from networks import Detector, Embedder, FaceFinder

# On held-out scenes precision and recall balance at a probability of 0.48. The worker's threshold is 0.35 by default:
# the logits are moved so that it falls there.
CALIBRATION = math.log(0.35 / 0.65) - math.log(0.48 / 0.52)

BATCH = {0: "batch"}
YUNET = ["input"] + [f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in (8, 16, 32)]


def export(network, weights, path, size, axes, metadata):
    if not weights.exists():
        return
    network.load_state_dict(torch.load(weights))
    if isinstance(network, Detector):
        for layer in network.person:
            layer.bias.data += CALIBRATION
    network.eval()
    torch.onnx.export(
        network,
        (torch.rand(2, 3, *size),),
        path,
        input_names=list(axes)[:1],
        output_names=list(axes)[1:],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    model = onnx.load(path)
    for output in model.graph.output:
        if output.name == "output0":  # its box and probability: the export does not know that these are five
            output.type.tensor_type.shape.dim[1].dim_value = 5
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
    # As `yolo export format=onnx dynamic=True` writes it.
    yolo |= {"args": "{'batch': 1, 'nms': None, 'dynamic': True}", "channels": "3", "end2end": "False"}
    open_sides = {"images": BATCH | {2: "height", 3: "width"}, "output0": BATCH | {2: "anchors"}}
    export(Detector(), source / "detector.pt", target / "demo-yolov8.onnx", (384, 640), open_sides, yolo | author)
    export(FaceFinder(), source / "faces.pt", target / "demo-yunet.onnx", (320, 320), {name: BATCH for name in YUNET}, author)
    export(Embedder(), source / "embedder.pt", target / "demo-arcface.onnx", (112, 112), {"data": BATCH, "embedding": BATCH}, author)


if __name__ == "__main__":
    main(*sys.argv[1:])
