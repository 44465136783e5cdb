import { createHash } from 'node:crypto';
import { mkdir, open, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { onnxModel } from '@trinetra/test-support';
import { describe, expect, it } from 'vitest';
import { doubling, useModels } from '../../test/models.ts';
import { fileError } from './model-file.ts';
import { readOnnxFile } from './read-onnx-file.ts';

const tensors = [{ name: 'x', dims: ['n'] }];

describe('readOnnxFile', () => {
  const write = useModels();

  it('adds the SHA-256 of the file', async () => {
    const { sha256 } = await readOnnxFile(await write('doubling.onnx', doubling));
    expect(sha256).toBe(createHash('sha256').update(doubling).digest('hex'));
  });

  it('tells a file that is missing, with the link that led there', async () => {
    await expect(readOnnxFile('nowhere.onnx')).rejects.toMatchObject({
      code: 'model_not_found',
      message: 'no such file: nowhere.onnx',
    });
    const folder = dirname(await write('any.onnx', doubling));
    await symlink('../blobs/3f2a', join(folder, 'link.onnx'));
    await expect(readOnnxFile(join(folder, 'link.onnx'))).rejects.toMatchObject({
      code: 'model_not_found',
      message: expect.stringMatching(
        /link\.onnx cannot be read: it is a link to \.\.\/blobs\/3f2a, which is not/,
      ),
    });
  });

  it.each([
    ['cut in its graph', doubling.subarray(0, 60), /it is cut: it has 60 bytes, and \d+ more at least/],
    ['noise', Buffer.from([0x8f, 0x11, 0xfe, 3, 200, 4, 0, 0, 9]), /it is no ONNX model/],
    ['without a graph', Buffer.from([0x08, 0x08, 0x12, 0x02, 0x6d, 0x65]), /message without a graph/],
    ['without nodes', onnxModel({ inputs: tensors, outputs: tensors, nodes: [] }), /graph has no nodes/],
  ])('refuses a file that is %s', async (name, bytes, message) => {
    const path = await write(`${name}.onnx`, Buffer.from(bytes));
    await expect(readOnnxFile(path)).rejects.toMatchObject({
      code: 'model_unusable',
      message: expect.stringMatching(message),
    });
    await expect(readOnnxFile(path)).rejects.toThrow(`the model ${path} cannot be read: it is `);
  });

  it('tells every cut of a model from a model', async () => {
    for (let length = 0; length < doubling.length; length += 7) {
      const path = await write('cut.onnx', doubling.subarray(0, length));
      await expect(readOnnxFile(path), `cut to ${length}`).rejects.toMatchObject({ code: 'model_unusable' });
    }
  });

  it('refuses a folder, and a file that is larger than protobuf can be, before it reads it', async () => {
    const folder = join(dirname(await write('any.onnx', doubling)), 'folder.onnx');
    await mkdir(folder);
    await expect(readOnnxFile(folder)).rejects.toThrow(/folder\.onnx cannot be read: it is a folder: name/);
    const path = await write('large.onnx', doubling);
    const file = await open(path, 'r+');
    await file.truncate(2 ** 31);
    await file.close();
    await expect(readOnnxFile(path)).rejects.toThrow(
      /has 2147483648 bytes, and ONNX files have less than 2 GiB/,
    );
  });
});

describe('fileError', () => {
  const failure = (code: string): Error => Object.assign(new Error(`${code}: something`), { code });

  it('says that access is denied, and to whom', () => {
    const { code, message } = fileError('/m/a.onnx', failure('EACCES'));
    expect(code).toBe('model_unusable');
    expect(message).toMatch(/^the model \/m\/a\.onnx cannot be read: access is denied \(EACCES\) to /);
    expect(message).toContain(`user ${process.geteuid?.()}, group ${process.getegid?.()}`);
  });

  it('does not blame whoever gave the file for a disk that fails', () => {
    expect(fileError('/m/a.onnx', failure('EIO'))).toMatchObject({
      code: 'model_load_failed',
      message: 'the model /m/a.onnx cannot be read: EIO: something',
    });
  });
});
