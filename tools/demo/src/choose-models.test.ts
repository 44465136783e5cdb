import { expect, it } from 'vitest';
import { chooseModels } from './choose-models.ts';

it('takes the first model of each kind by name', () => {
  const names = ['yunet_batch.onnx', 'yolov8n_fp16.onnx', 'README.md', 'edgeface_xs.onnx', 'yolov8n.onnx'];
  expect(chooseModels('/m', [...names, 'yunet.onnx', 'yolov8n.pt'])).toEqual({
    detector: 'yolov8n.onnx',
    face: 'yunet.onnx',
    embedder: 'edgeface_xs.onnx',
  });
});

it('knows the other families too', () => {
  expect(chooseModels('/m', ['scrfd_10g.onnx', 'arcface_r50.onnx', 'yolov8m.onnx'])).toEqual({
    detector: 'yolov8m.onnx',
    face: 'scrfd_10g.onnx',
    embedder: 'arcface_r50.onnx',
  });
});

it('names every model that is missing, with an example', () => {
  expect(() => chooseModels('/m', ['yunet.onnx'])).toThrow(
    expect.objectContaining({
      code: 'bad_options',
      message:
        '--models: expected a model for persons, like yolov8n.onnx, in /m but found none\n' +
        '--models: expected a model for embeddings, like edgeface_xs.onnx, in /m but found none',
    }),
  );
});
