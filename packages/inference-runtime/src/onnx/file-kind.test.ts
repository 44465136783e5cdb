import { describe, expect, it } from 'vitest';
import { doubling } from '../../test/models.ts';
import { foreignKind } from './file-kind.ts';

const latin = (text: string): Buffer => Buffer.from(text, 'latin1');
const padded = (text: string): Buffer => Buffer.concat([latin(text), Buffer.alloc(300, 0x81)]);
const header = (json: string): Buffer => {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, Buffer.from(json), Buffer.alloc(40, 1)]);
};
const plan = Buffer.concat([latin('ftrt'), Buffer.alloc(60, 3)]);

describe('foreignKind', () => {
  it.each<[string, Buffer, RegExp]>([
    ['an empty file', Buffer.alloc(0), /empty/],
    ['a Git LFS pointer', latin('version https://git-lfs.github.com/spec/v1\noid sha256:0\n'), /Git LFS/],
    ['what torch.save writes', padded(`PK\x03\x04${'\0'.repeat(26)}yolov8n/data.pkl`), /PyTorch/],
    ['what torch.jit.save writes', padded(`PK\x03\x04${'\0'.repeat(26)}jit/data/0`), /PyTorch/],
    ['what torch.save wrote before 1.6', padded('\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.'), /pickle/],
    ['any other ZIP', padded(`PK\x03\x04${'\0'.repeat(26)}model.onnx`), /ZIP/],
    ['safetensors', header('{"__metadata__":{"format":"pt"}}'), /safetensors/],
    ['a page', latin('\n<!DOCTYPE html>\n<html lang="en">'), /HTML/],
    ['a page with a byte order mark', latin('\xef\xbb\xbf<html>'), /HTML/],
    ['OpenVINO', latin('<?xml version="1.0"?>\n<net name="yolo" version="11">'), /OpenVINO/],
    ['XML', latin('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'), /XML and no model/],
    ['JSON', latin('{"error":"not found"}'), /JSON/],
    ['text', latin('Entry not found'), /text/],
    ['gzip', padded('\x1f\x8b\x08'), /gzip/],
    ['xz', padded('\xfd7zXZ\0'), /an xz archive/],
    ['7z', padded("7z\xbc\xaf'\x1c"), /7z/],
    ['bzip2', padded('BZh91AY&SY'), /bzip2/],
    ['Zstandard', padded('\x28\xb5\x2f\xfd'), /Zstandard/],
    ['tar', Buffer.concat([latin('model.onnx'), Buffer.alloc(247), latin('ustar\0')]), /tar/],
    ['TFLite', padded('\x1c\0\0\0TFL3'), /TensorFlow Lite/],
    ['ORT', padded('\x18\0\0\0ORTM'), /ONNX Runtime's own/],
    ['Keras', padded('\x89HDF\r\n\x1a\n'), /Keras/],
    ['a SavedModel', padded('\x08\x01\x12\x90\x03\n\x20\x12\x05Const'), /SavedModel/],
    ['Core ML', padded('\x08\x04\x12\x60\n\x22\n\x05image'), /Core ML/],
    ['zeros', Buffer.alloc(512), /zeros/],
  ])('knows %s, whatever it was expected to be', (_, bytes, what) => {
    for (const expected of ['onnx', 'engine', 'data'] as const) {
      const kind = foreignKind(bytes, bytes.length, expected);
      expect(kind?.what).toMatch(what);
      expect(kind?.todo).not.toBe('');
    }
  });

  it('tells an engine from an ONNX model where one has the name of the other', () => {
    const ultralytics = Buffer.concat([latin('\x20\0\0\0{"task":"detect"}'), plan]);
    for (const engine of [plan, ultralytics]) {
      expect(foreignKind(engine, engine.length, 'onnx')).toEqual({
        what: 'a TensorRT engine',
        todo: 'give it a name that ends in .engine',
      });
      expect(foreignKind(engine, engine.length, 'engine')).toBeNull();
    }
    expect(foreignKind(doubling, doubling.length, 'onnx')).toBeNull();
    expect(foreignKind(doubling, doubling.length, 'engine')).toMatchObject({ what: 'an ONNX model' });
  });

  it.each(['pytorch', 'skl2onnx', 'tf2onnx', ''])(
    'takes an ONNX model whose exporter is "%s" for none of these',
    (producer) => {
      const model = padded(`\x08\x07\x12${String.fromCharCode(producer.length)}${producer}\x1a\x032.1:`);
      expect(foreignKind(model, model.length, 'onnx')).toBeNull();
    },
  );
});
