"""The worker that one would write first: a single loop in Python, with the best known library for each step.

Takes the same environment, models and frames as the worker, and writes the same events. CPU work is in C (OpenCV, ONNX
Runtime, librdkafka, numpy); the steps run one after another.
"""

import json
import os
import signal
import time

import cv2
import numpy as np
import onnxruntime
import redis
from confluent_kafka import Producer

GROUP, CONSUMER = "inference-workers", "python"
BATCH = int(os.environ.get("BATCH_SIZE", "4"))
SIZE, CROP, FACE = 640, 320, 112
TEMPLATE = np.float32(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)


class ZeroEngine:
    """Answers of the shape of the model's, at no cost: nobody is found."""

    def __init__(self, path):
        self.real = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        self.known = {}

    def get_inputs(self):
        return self.real.get_inputs()

    def run(self, names, feeds):
        shape = next(iter(feeds.values())).shape
        if shape not in self.known:
            self.known[shape] = [np.zeros_like(output) for output in self.real.run(names, feeds)]
        return self.known[shape]


def load(variable):
    path = os.environ[variable]
    if os.environ.get("SIMULATED_DEVICE") == "zero":
        return ZeroEngine(path)
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


detector, face_model, embedder = load("YOLO_ENGINE_PATH"), load("FACE_MODEL_PATH"), load("ARCFACE_ENGINE_PATH")
face_outputs = [f"{kind}_{stride}" for stride in (8, 16, 32) for kind in ("cls", "obj", "bbox", "kps")]
priors = {
    stride: np.stack(np.meshgrid(np.arange(CROP // stride), np.arange(CROP // stride)), -1).reshape(-1, 2)
    for stride in (8, 16, 32)
}


def letterbox(image):
    height, width = image.shape[:2]
    scale = min(SIZE / width, SIZE / height)
    new = (round(width * scale), round(height * scale))
    left, top = (SIZE - new[0]) // 2, (SIZE - new[1]) // 2
    if new != (SIZE, SIZE):
        resized = image if new == (width, height) else cv2.resize(image, new)
        image = np.full((SIZE, SIZE, 3), 114, np.uint8)
        image[top : top + new[1], left : left + new[0]] = resized
    return image, scale, left, top


def persons_of(head, scale, left, top, shape):
    scores = head[4]
    likely = np.flatnonzero(scores >= 0.35)
    if likely.size == 0:
        return np.zeros((0, 4)), np.zeros(0)
    x, y, w, h = head[:4, likely]
    boxes = np.stack([x - w / 2, y - h / 2, w, h], 1)
    kept = likely[:0] if likely.size == 0 else cv2.dnn.NMSBoxes(boxes, scores[likely], 0.35, 0.45)
    xywh = boxes[kept]
    xyxy = np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], 1)
    height, width = shape[:2]
    xyxy = np.clip((xyxy - [left, top, left, top]) / scale, 0, [width, height, width, height])
    return xyxy, scores[likely][kept]


def crop_of(image, box):
    x1, y1 = np.floor(box[:2]).astype(int)
    x2, y2 = np.ceil(box[2:]).astype(int)
    part = image[y1:y2, x1:x2]
    scale = min(CROP / part.shape[1], CROP / part.shape[0])
    width, height = max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))
    canvas = np.zeros((CROP, CROP, 3), np.uint8)
    canvas[:height, :width] = cv2.resize(part, (width, height))
    return canvas, np.array([x1, y1]), np.array([width / part.shape[1], height / part.shape[0]])


def faces_of(image, boxes):
    """The best face of each person: landmarks in the frame's pixels and a score, or None."""
    found = []
    for first in range(0, len(boxes), 4):
        crops = [crop_of(image, box) for box in boxes[first : first + 4]]
        batch = cv2.dnn.blobFromImages([crop for crop, _, _ in crops])
        name = face_model.get_inputs()[0].name
        outputs = dict(zip(face_outputs, face_model.run(face_outputs, {name: batch})))
        for index, (_, origin, scale) in enumerate(crops):
            best = (0.0, None)
            for stride, prior in priors.items():
                cls, obj = outputs[f"cls_{stride}"][index].ravel(), outputs[f"obj_{stride}"][index].ravel()
                scores = np.sqrt(np.clip(cls, 0, 1) * np.clip(obj, 0, 1))
                top = int(np.argmax(scores))
                if scores[top] > best[0]:
                    kps = outputs[f"kps_{stride}"][index].reshape(-1, 5, 2)[top]
                    best = (float(scores[top]), ((kps + prior[top]) * stride) / scale + origin)
            found.append(best if best[0] >= 0.6 else None)
    return found


def align(image, landmarks):
    source, target = landmarks - landmarks.mean(0), TEMPLATE - TEMPLATE.mean(0)
    u, d, vt = np.linalg.svd(target.T @ source)
    sign = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    scale = (d * sign).sum() / (source**2).sum()
    turn = scale * (u * sign) @ vt
    matrix = np.hstack([turn, (TEMPLATE.mean(0) - turn @ landmarks.mean(0))[:, None]])
    return cv2.warpAffine(image, matrix, (FACE, FACE))


def embed(crops):
    vectors = []
    for first in range(0, len(crops), 16):
        batch = cv2.dnn.blobFromImages(crops[first : first + 16], 1 / 127.5, mean=(127.5,) * 3, swapRB=True)
        vectors.extend(embedder.run(None, {embedder.get_inputs()[0].name: batch})[0])
    return [vector / np.linalg.norm(vector) for vector in vectors]


def infer(frames):
    """frames: (entry, image). One event a frame."""
    boxed = [letterbox(image) for _, image in frames]
    batch = cv2.dnn.blobFromImages([image for image, *_ in boxed], 1 / 255, swapRB=True)
    heads = detector.run(None, {detector.get_inputs()[0].name: batch})[0]
    events, crops, slots = [], [], []
    for (entry, image), (_, scale, left, top), head in zip(frames, boxed, heads):
        height, width = image.shape[:2]
        boxes, scores = persons_of(head, scale, left, top, image.shape)
        faces = faces_of(image, boxes)
        detections, embeddings = [], [None] * len(boxes)
        for index, (box, score, face) in enumerate(zip(boxes, scores, faces)):
            bbox = [round(float(v), 6) for v in box / [width, height, width, height]]
            known = {"score": round(face[0], 4), "landmarks": (face[1] / [width, height]).round(6).tolist()} if face else "no_face"
            detections.append(
                {"track_id": index, "bbox": bbox, "confidence": round(float(score), 6), "class_id": 0, "face": known}
            )
            if face:
                crops.append(align(image, face[1]))
                slots.append((embeddings, index))
        events.append({**entry, "worker_ts": time.time(), "status": "ok", "detections": detections, "embeddings": embeddings})
    for (embeddings, index), vector in zip(slots, embed(crops)):
        embeddings[index] = [round(v, 5) for v in vector.tolist()]
    return events


def main():
    running = True

    def stop(*_):
        nonlocal running
        running = False

    signal.signal(signal.SIGTERM, stop)
    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    topic = os.environ["KAFKA_TOPIC"]
    producer = Producer(
        {"bootstrap.servers": os.environ["KAFKA_BOOTSTRAP_SERVERS"], "acks": 1, "compression.type": "lz4", "linger.ms": 0, "socket.nagle.disable": True}
    )
    streams = sorted(client.scan_iter("frames:*", _type="stream"))
    for key in streams:
        try:
            client.xgroup_create(key, GROUP, id="0")
        except redis.ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise
    turn = 0
    while running and streams:
        # COUNT is per stream: ask as many streams as the batch has room for, one entry each.
        chosen = {streams[(turn + i) % len(streams)]: ">" for i in range(min(BATCH, len(streams)))}
        count = max(1, BATCH // len(chosen))
        turn += len(chosen)
        reply = client.xreadgroup(GROUP, CONSUMER, chosen, count=count, block=20)
        frames, done = [], []
        for key, entries in reply or []:
            for entry_id, fields in entries:
                done.append((key, entry_id))
                image = cv2.imdecode(np.frombuffer(fields[b"frame"], np.uint8), cv2.IMREAD_COLOR)
                if image is None:
                    continue
                entry = {
                    "schema_version": 1,
                    "frame_id": entry_id.decode(),
                    "camera_id": fields[b"camera_id"].decode(),
                    "camera_type": fields[b"camera_type"].decode(),
                    "ingest_ts": float(fields[b"ingest_ts"]),
                    "worker_id": CONSUMER,
                }
                frames.append((entry, image))
        if frames:
            for event in infer(frames):
                headers = {"frame_id": event["frame_id"]}
                value = json.dumps(event, separators=(",", ":"))
                producer.produce(topic, value, key=event["camera_id"], headers=headers)
            producer.flush()
        if done:
            pipeline = client.pipeline(transaction=False)
            for key, entry_id in done:
                pipeline.xack(key, GROUP, entry_id)
                pipeline.xdel(key, entry_id)
            pipeline.execute()


main()
