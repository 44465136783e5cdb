"""Writes accuracy-reference.ndjson, a case a line: what scikit-learn and pycocotools say of the same scores and boxes.

    python3 -m venv venv && venv/bin/pip install scikit-learn pycocotools numpy
    venv/bin/python apps/model-tools/test/accuracy-reference.py
"""

import contextlib
import io
import json
from pathlib import Path

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from scipy.optimize import brentq
from sklearn.metrics import roc_auc_score, roc_curve

random = np.random.default_rng(7)


def best(scores, same, weights=None):
    """Highest of the thresholds that tell most pairs rightly, and the share that it tells."""
    weights = np.ones(len(scores)) if weights is None else np.asarray(weights)
    fpr, tpr, thresholds = roc_curve(same, scores, sample_weight=weights, drop_intermediate=False)
    positives, negatives = weights[same].sum(), weights[~same].sum()
    right = np.round(tpr * positives + (1 - fpr) * negatives)
    at = int(np.argmax(right))
    refused = thresholds[at + 1] if at + 1 < len(thresholds) else None
    if refused is None:
        threshold = thresholds[at] - 0.5
    elif np.isinf(thresholds[at]):
        threshold = refused + 0.5
    else:
        threshold = (thresholds[at] + refused) / 2
    return float(threshold), float(right[at] / (positives + negatives))


def tar(fpr, tpr, far, negatives):
    return float(tpr[fpr <= far].max()) if negatives >= round(1 / far) else None


def equal_error_rate(fpr, tpr):
    along = np.arange(len(fpr))
    place = brentq(
        lambda k: np.interp(k, along, fpr) - 1 + np.interp(k, along, tpr), 0, len(fpr) - 1, xtol=1e-12
    )
    return float(np.interp(place, along, fpr))


def verification(name, scores, same, weights=None, folds=None):
    scores, same = np.asarray(scores, dtype=float), np.asarray(same, dtype=bool)
    fpr, tpr, _ = roc_curve(same, scores, sample_weight=weights, drop_intermediate=False)
    negatives = int((~same).sum() if weights is None else np.asarray(weights)[~same].sum())
    threshold, accuracy = best(scores, same, weights)
    case = {
        "kind": "verification",
        "name": name,
        "scores": scores.tolist(),
        "same": same.tolist(),
        "weights": None if weights is None else list(map(int, weights)),
        "folds": None if folds is None else list(map(int, folds)),
        "rocAuc": float(roc_auc_score(same, scores, sample_weight=weights)),
        "tar": [tar(fpr, tpr, far, negatives) for far in (1e-2, 1e-3, 1e-4)],
        "equalErrorRate": equal_error_rate(fpr, tpr),
        "threshold": threshold,
        "accuracy": accuracy,
    }
    if folds is not None:
        folds = np.asarray(folds)
        accuracies = []
        for fold in np.unique(folds):
            own = folds == fold
            cut, _ = best(scores[~own], same[~own])
            accuracies.append(np.mean((scores[own] >= cut) == same[own]))
        case["foldMean"], case["foldDeviation"] = float(np.mean(accuracies)), float(np.std(accuracies))
    return case


def pairs(same, different, gap):
    scores = np.concatenate([random.normal(gap, 0.15, same), random.normal(0, 0.12, different)])
    return np.round(scores, 4), np.arange(same + different) < same


def verification_cases():
    scores, same = pairs(300, 1100, 0.5)
    yield verification("1100 different pairs", scores, same)
    scores, same = pairs(150, 150, 0.3)
    yield verification("many ties", np.round(scores, 1), same)
    yield verification("drawn anew, with weights", scores, same, weights=random.integers(0, 4, 300))
    scores, same = pairs(20, 5, 0.2)
    yield verification("few different pairs", scores, same)
    yield verification("one score for all", np.full(30, 0.25), np.arange(30) < 12)
    yield verification("told without a mistake", [0.9, 0.8, 0.7, 0.2, 0.1], [True, True, True, False, False])
    yield verification("told the wrong way round", [0.1, 0.2, 0.3, 0.8, 0.9], [True, True, False, False, False])
    scores, same = pairs(200, 200, 0.35)
    yield verification("ten folds", scores, same, folds=np.arange(400) % 10)


def evaluate(truths, found, thresholds=None, max_detections=None):
    """One category; truths and found are lists of (image, box, crowd) and (image, box, confidence)."""
    images = sorted({image for image, *_ in truths} | {image for image, *_ in found} | {1})
    coco = COCO()
    coco.dataset = {
        "images": [{"id": image} for image in images],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [
            {"id": index + 1, "image_id": image, "category_id": 1, "bbox": box, "area": box[2] * box[3], "iscrowd": crowd}
            for index, (image, box, crowd) in enumerate(truths)
        ],
    }
    coco.createIndex()
    results = [{"image_id": i, "category_id": 1, "bbox": box, "score": c} for i, box, c in found]
    detections = coco.loadRes(results) if results else COCO()
    evaluation = COCOeval(coco, detections, "bbox")
    if thresholds is not None:
        evaluation.params.iouThrs = np.array(thresholds)
        evaluation.params.maxDets = [max_detections]
    evaluation.evaluate()
    return evaluation


def detection(name, truths, found, confidence=0.35):
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = evaluate(truths, found)
        evaluation.accumulate()
        evaluation.summarize()
        sure = evaluate(truths, [one for one in found if one[2] >= confidence], [0.5], 10_000)
    all_sizes = [one for one in sure.evalImgs if one is not None and one["aRng"] == sure.params.areaRng[0]]
    matched = [(m > 0) & ~i.astype(bool) for one in all_sizes for m, i in zip(one["dtMatches"], one["dtIgnore"])]
    wrong = [(m == 0) & ~i.astype(bool) for one in all_sizes for m, i in zip(one["dtMatches"], one["dtIgnore"])]
    number = lambda value: None if value < 0 else float(value)
    last = max([1] + [image for image, *_ in truths] + [image for image, *_ in found])
    return {
        "kind": "detection",
        "name": name,
        "confidence": confidence,
        "images": [
            {
                "truths": [{"box": b, "crowd": bool(c)} for i, b, c in truths if i == image],
                "found": [{"box": b, "confidence": c} for i, b, c in found if i == image],
            }
            for image in range(1, last + 1)
        ],
        "ap50": number(evaluation.stats[1]),
        "ap50To95": number(evaluation.stats[0]),
        "persons": sum(not crowd for _, _, crowd in truths),
        "found": int(sum(m.sum() for m in matched)),
        "wrong": int(sum(w.sum() for w in wrong)),
    }


def box():
    x, y, w, h = random.uniform([0, 0, 20, 40], [500, 400, 120, 200])
    return [round(v, 2) for v in (x, y, w, h)]


def shifted(of, by):
    moved = [of[0] + random.normal(0, by) * of[2], of[1] + random.normal(0, by) * of[3], of[2], of[3]]
    return [round(v, 2) for v in moved]


def scenes(images, crowd_share, decimals):
    truths, found = [], []
    for image in range(1, images + 1):
        for _ in range(int(random.integers(0, 8))):
            own = box()
            crowd = int(random.random() < crowd_share)
            truths.append((image, own, crowd))
            for _ in range(int(random.integers(0, 3))):
                found.append((image, shifted(own, 0.08), round(float(random.uniform(0, 1)), decimals)))
        for _ in range(int(random.integers(0, 4))):
            found.append((image, box(), round(float(random.uniform(0, 0.7)), decimals)))
    return truths, found


def detection_cases():
    yield detection("scenes", *scenes(40, 0, 4))
    yield detection("scenes with crowds", *scenes(40, 0.3, 4))
    yield detection("confidences that are mostly equal", *scenes(30, 0.2, 1))
    person = [100.0, 100.0, 50.0, 120.0]
    yield detection("every person found exactly", [(1, person, 0), (2, person, 0)], [(1, person, 0.9), (2, person, 0.8)])
    yield detection("nothing found", [(1, person, 0)], [])
    yield detection("nobody there", [], [(1, person, 0.9)])
    yield detection("a picture without truth", [(2, person, 0)], [(1, person, 0.9), (2, person, 0.4)])
    yield detection("a crowd alone", [(1, [0.0, 0.0, 400.0, 400.0], 1)], [(1, person, 0.9)])
    inside = [(1, [110.0 + i, 110.0, 40.0, 90.0], 0.9 - i / 100) for i in range(5)]
    yield detection("many in a crowd", [(1, [50.0, 50.0, 400.0, 400.0], 1), (1, person, 0)], [*inside, (1, person, 0.5)])
    yield detection("one person found twice", [(1, person, 0)], [(1, person, 0.9), (1, person, 0.9)])
    half, whole = [0.0, 0.0, 100.0, 50.0], [0.0, 0.0, 100.0, 100.0]
    yield detection("an overlap of just a half", [(1, whole, 0)], [(1, half, 0.9)])
    many = [(1, box(), round(0.99 - i / 300, 4)) for i in range(130)]
    yield detection("more than 100 detections", [(1, many[120][1], 0), (1, many[3][1], 0)], many)


if __name__ == "__main__":
    cases = [*verification_cases(), *detection_cases()]
    lines = [json.dumps(case, separators=(",", ":")) for case in cases]
    Path(__file__).with_name("accuracy-reference.ndjson").write_text("\n".join(lines) + "\n")
