"""Exports models in every kind that Ultralytics offers, and writes what its own predict finds with each file.

    python export_matrix.py OUT [YOLOV8N_ONNX]

OUT/cases.json lists {name, file, width, height, batch, pixels, expected}: `pixels` is a file of uint8 [batch, h, w, 3] RGB,
`expected` has a list a frame of [x1, y1, x2, y2, confidence, class] in pixels. Weights are random, from a seed, with batch
norms that were run in on a photo, or those of YOLOV8N_ONNX for YOLOv8n. Exports that this version cannot make
are listed in `skipped`, with why. ULTRALYTICS_CASES=TEXT makes those alone whose names have it.
"""

import json
import os
import sys
import traceback
from pathlib import Path

os.environ.setdefault("YOLO_AUTOINSTALL", "false")
os.environ.setdefault("YOLO_OFFLINE", "true")
os.environ.setdefault("YOLO_VERBOSE", "false")

import cv2
import numpy as np
import torch
from ultralytics import RTDETR, YOLO, __version__
from ultralytics.data.augment import LetterBox
from ultralytics.utils import ASSETS

CONFIDENCE = 0.35
IOU = 0.45
TWO = {0: "person", 1: "head"}

# name, model, classes, export arguments, sizes (height, width) to run at, batch to run at
CASES = [
    ("yolov8n", "yolov8n", 80, {}, [(640, 640)], 1),
    ("yolov8n opset 12", "yolov8n", 80, {"opset": 12}, [(640, 640)], 1),
    ("yolov8n opset 20", "yolov8n", 80, {"opset": 20}, [(640, 640)], 1),
    ("yolov8n simplify=False", "yolov8n", 80, {"simplify": False}, [(640, 640)], 1),
    ("yolov8n half", "yolov8n", 80, {"half": True}, [(640, 640)], 1),
    ("yolov8n imgsz=384,640", "yolov8n", 80, {"imgsz": (384, 640)}, [(384, 640)], 1),
    ("yolov8n batch=4", "yolov8n", 80, {"batch": 4}, [(640, 640)], 4),
    ("yolov8n dynamic", "yolov8n", 80, {"dynamic": True}, [(640, 640), (384, 640), (640, 480)], 2),
    ("yolov8n dynamic half", "yolov8n", 80, {"dynamic": True, "half": True}, [(640, 640), (384, 640)], 2),
    ("yolov8n nms", "yolov8n", 80, {"nms": True, "conf": CONFIDENCE, "iou": IOU}, [(640, 640)], 1),
    ("yolov8n nms simplify=False", "yolov8n", 80, {"nms": True, "conf": CONFIDENCE, "iou": IOU, "simplify": False}, [(640, 640)], 1),
    ("yolov8n nms half", "yolov8n", 80, {"nms": True, "conf": CONFIDENCE, "iou": IOU, "half": True}, [(640, 640)], 1),
    ("yolov8n nms batch=4", "yolov8n", 80, {"nms": True, "conf": CONFIDENCE, "iou": IOU, "batch": 4}, [(640, 640)], 4),
    ("yolov8n nms dynamic", "yolov8n", 80, {"nms": True, "conf": CONFIDENCE, "iou": IOU, "dynamic": True, "batch": 2}, [(640, 640), (384, 640)], 2),
    ("yolov8n 1 class", "yolov8n", 1, {"imgsz": 320}, [(320, 320)], 1),
    ("yolov8n 2 classes", "yolov8n", 2, {"imgsz": 320}, [(320, 320)], 1),
    ("yolov8n 2 classes nms", "yolov8n", 2, {"imgsz": 320, "nms": True, "conf": CONFIDENCE, "iou": IOU}, [(320, 320)], 1),
    ("yolov8n-p2", "yolov8n-p2", 80, {"imgsz": 320}, [(320, 320)], 1),
    ("yolov8n-p6", "yolov8n-p6", 80, {"imgsz": 320}, [(320, 320)], 1),
    ("yolov5nu", "yolov5n", 80, {"imgsz": 320}, [(320, 320)], 1),
    ("yolov9t", "yolov9t", 80, {"imgsz": 320}, [(320, 320)], 1),
    ("yolo11n", "yolo11n", 80, {"imgsz": 320}, [(320, 320)], 1),
    ("yolo11n dynamic", "yolo11n", 80, {"imgsz": 320, "dynamic": True}, [(320, 320), (192, 320)], 2),
    ("yolo11n half", "yolo11n", 80, {"imgsz": 320, "half": True}, [(320, 320)], 1),
    ("yolo12n", "yolo12n", 80, {"imgsz": 320}, [(320, 320)], 1),
    ("yolov10n", "yolov10n", 80, {"imgsz": 320}, [(320, 320)], 1),
    ("yolov10n dynamic", "yolov10n", 80, {"imgsz": 320, "dynamic": True}, [(320, 320), (192, 320)], 2),
    ("yolov10n half", "yolov10n", 80, {"imgsz": 320, "half": True}, [(320, 320)], 1),
    ("yolov10n 1 class", "yolov10n", 1, {"imgsz": 320}, [(320, 320)], 1),
    ("yolo26n", "yolo26n", 80, {"imgsz": 320}, [(320, 320)], 1),
    ("yolo26n dynamic", "yolo26n", 80, {"imgsz": 320, "dynamic": True}, [(320, 320), (192, 320)], 2),
    ("yolo26n half", "yolo26n", 80, {"imgsz": 320, "half": True}, [(320, 320)], 1),
    ("yolo26n batch=4", "yolo26n", 80, {"imgsz": 320, "batch": 4}, [(320, 320)], 4),
    ("yolo26n end2end=False", "yolo26n", 80, {"imgsz": 320, "end2end": False}, [(320, 320)], 1),
    ("yolo26n end2end=True", "yolo26n", 80, {"imgsz": 320, "end2end": True}, [(320, 320)], 1),
    ("yolo26n end2end=True dynamic", "yolo26n", 80, {"imgsz": 320, "end2end": True, "dynamic": True}, [(320, 320), (192, 320)], 2),
    ("yolo26n end2end=True half", "yolo26n", 80, {"imgsz": 320, "end2end": True, "half": True}, [(320, 320)], 1),
    ("yolo26n end2end=True 1 class", "yolo26n", 1, {"imgsz": 320, "end2end": True}, [(320, 320)], 1),
    ("yolov10n end2end=True", "yolov10n", 80, {"imgsz": 320, "end2end": True}, [(320, 320)], 1),
    ("yolov10n end2end=True 2 classes", "yolov10n", 2, {"imgsz": 320, "end2end": True}, [(320, 320)], 1),
    ("yolov10n end2end=True opset 13", "yolov10n", 80, {"imgsz": 320, "end2end": True, "opset": 13}, [(320, 320)], 1),
    ("yolo26n nms", "yolo26n", 80, {"imgsz": 320, "nms": True, "conf": CONFIDENCE, "iou": IOU}, [(320, 320)], 1),
    ("yolo26n 1 class", "yolo26n", 1, {"imgsz": 320}, [(320, 320)], 1),
    ("rtdetr-l", "rtdetr-l", 80, {"imgsz": 320}, [(320, 320)], 1),
    ("rtdetr-l opset 20", "rtdetr-l", 80, {"imgsz": 320, "opset": 20}, [(320, 320)], 1),
    ("rtdetr-l 1 class", "rtdetr-l", 1, {"imgsz": 320}, [(320, 320)], 1),
    ("rtdetr-l 2 classes", "rtdetr-l", 2, {"imgsz": 320}, [(320, 320)], 1),
    ("rtdetr-l half", "rtdetr-l", 80, {"imgsz": 320, "half": True}, [(320, 320)], 1),
    ("rtdetr-l batch=2", "rtdetr-l", 80, {"imgsz": 320, "batch": 2}, [(320, 320)], 2),
    ("rtdetr-l dynamic", "rtdetr-l", 80, {"imgsz": 320, "dynamic": True}, [(320, 320), (192, 320)], 2),
]


def pictures(height, width, count):
    """Letterboxed photos as uint8 [count, height, width, 3] RGB: the photos of the package, and mirrored ones."""
    photos = [cv2.imread(str(ASSETS / name)) for name in ("bus.jpg", "zidane.jpg")]
    photos += [photo[:, ::-1] for photo in photos]
    boxed = [LetterBox((height, width), auto=False)(image=photo) for photo in photos[:count]]
    return np.ascontiguousarray(np.stack(boxed)[..., ::-1])


def tensor_of(pixels):
    return (torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255).contiguous()


def take_weights(model, onnx_file):
    """The weights of an exported YOLOv8n, whose batch norms are fused."""
    import onnx
    from onnx import numpy_helper

    model.fuse()
    state = {i.name: torch.from_numpy(numpy_helper.to_array(i).copy()) for i in onnx.load(onnx_file).graph.initializer}
    own = model.state_dict()
    taken = {name: value for name, value in state.items() if name in own}
    missing = set(own) - set(taken)
    assert missing <= {"model.22.dfl.conv.weight"} or not missing, missing
    model.load_state_dict(taken, strict=False)
    model.names = {i: name for i, name in enumerate(COCO)}


def run_in(model):
    """Batch norms as after training, and scores that differ enough for some to be candidates."""
    from ultralytics.nn.modules.head import Detect

    pixels = tensor_of(pictures(320, 320, 4))
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None
    head = model.model[-1]
    model.train()
    head.eval()
    with torch.no_grad():
        for _ in range(2):
            head.training = False
            try:
                model.predict(pixels)
            except TypeError:
                model(pixels)
    for module in head.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.train()
    with torch.no_grad():
        model.predict(pixels)
    model.eval()
    with torch.no_grad():
        if isinstance(head, Detect):
            if head.reg_max == 1:  # distances as they are: random ones must not be negative
                for name in ("cv2", "one2one_cv2"):
                    for branch in getattr(head, name, []):
                        branch[-1].weight *= 0.1
                        branch[-1].bias.fill_(3.0)
            lists = [head.cv3] + ([head.one2one_cv3] if hasattr(head, "one2one_cv3") else [])
            last = [branch[-1] for branches in lists for branch in branches]
        else:
            last = [*head.dec_score_head, head.enc_score_head]
        for layer in last:
            layer.weight *= 3 / layer.weight.flatten(1).norm(dim=1).view(-1, *[1] * (layer.weight.dim() - 1))
            layer.bias.fill_(-2.0 if isinstance(head, Detect) else -1.0)


def build(name, classes, out, weights):
    kind = RTDETR if name.startswith("rtdetr") else YOLO
    torch.manual_seed(0)
    if classes == 80:
        made = kind(f"{name}.yaml")
    else:
        import yaml
        from ultralytics.nn.tasks import yaml_model_load

        config = yaml_model_load(f"{name}.yaml")
        config["nc"] = classes
        file = out / f"{name}-{classes}.yaml"
        file.write_text(yaml.safe_dump(config))
        made = kind(str(file))
    if name == "yolov8n" and classes == 80 and weights is not None:
        take_weights(made.model, weights)
    else:
        run_in(made.model)
        if classes == 2:
            made.model.names = dict(TWO)
        elif classes == 1:
            made.model.names = {0: "person"}
    return made


COCO = (
    "person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,parking meter,bench,"
    "bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,frisbee,skis,snowboard,"
    "sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,wine glass,cup,fork,knife,spoon,"
    "bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,potted plant,bed,dining table,"
    "toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,refrigerator,book,clock,vase,scissors,"
    "teddy bear,hair drier,toothbrush"
).split(",")


def main():
    out = Path(sys.argv[1]).resolve()
    weights = sys.argv[2] if len(sys.argv) > 2 and sys.argv[2] else None
    only = os.environ.get("ULTRALYTICS_CASES", "")
    out.mkdir(parents=True, exist_ok=True)
    os.chdir(out)
    cases, skipped = [], []
    for at, (name, model, classes, arguments, sizes, batch) in enumerate(CASES):
        if only not in name:
            continue
        try:
            made = build(model, classes, out, weights)
            exported = Path(made.export(format="onnx", verbose=False, **arguments))
            file = exported.rename(out / f"case-{at}.onnx")
            for height, width in sizes:
                pixels = pictures(height, width, batch)
                pixels_file = f"case-{at}-{width}x{height}.rgb"
                pixels.tofile(out / pixels_file)
                ran = type(made)(str(file))
                results = ran.predict(
                    tensor_of(pixels), imgsz=(height, width), conf=CONFIDENCE, iou=IOU, max_det=300, verbose=False, device="cpu",
                    batch=batch,
                )
                expected = [result.boxes.data.double().numpy().tolist() for result in results]
                cases.append({
                    "name": f"{name} at {width}x{height}", "file": file.name, "width": width, "height": height,
                    "batch": batch, "pixels": pixels_file, "expected": expected,
                })
        except Exception as error:  # a version that cannot: said in the table, not hidden
            traceback.print_exc()
            skipped.append({"name": name, "why": f"{type(error).__name__}: {str(error).splitlines()[0][:200] if str(error) else ''}"})
    (out / "cases.json").write_text(json.dumps({"version": __version__, "cases": cases, "skipped": skipped}))


main()
