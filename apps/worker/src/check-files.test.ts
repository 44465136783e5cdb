import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificates, type LocalCertificates } from '@trinetra/local-servers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkFiles, parseConfig } from './config.ts';

let folder = '';
let certificates: LocalCertificates;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-files-'));
  certificates = await createCertificates();
  const whole = await readFile(certificates.caFile, 'utf8');
  await Promise.all([
    writeFile(at('model.onnx'), ''),
    writeFile(at('two.pem'), `# ours\n${whole}\n${whole}`),
    writeFile(at('cut.pem'), whole + whole.slice(0, whole.length / 2)),
    writeFile(at('words.pem'), 'no certificate'),
    mkdir(at('folder')),
  ]);
});
afterAll(async () => {
  await certificates[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const at = (name: string): string => join(folder, name);

/** Of a configuration whose models are there. */
function check(env: Readonly<Record<string, string>>): Promise<void> {
  const models = { YOLO_ENGINE_PATH: at('model.engine'), ARCFACE_ENGINE_PATH: at('model.onnx') };
  return checkFiles(parseConfig({ ...models, ...env }));
}

it('takes files that are there, an .engine with the .onnx beside it, and an events file to be made', async () => {
  const { caFile } = certificates;
  await check({ REDIS_CA_FILE: caFile, KAFKA_CA_FILE: at('two.pem') });
  await check({ SINK: `ndjson:${at('new.ndjson')}`, FACE_MODEL_PATH: at('model.onnx') });
});

it.each([
  ['REDIS_CA_FILE', 'none.pem', 'expected a PEM file of certificates but there is no'],
  ['KAFKA_CA_FILE', 'words.pem', 'words.pem holds none'],
  ['KAFKA_CA_FILE', 'cut.pem', 'number 2 in'],
  ['REDIS_CA_FILE', 'folder', 'is a folder'],
  ['YOLO_ENGINE_PATH', 'none.engine', /there is neither .*none\.engine nor .*none\.onnx/],
  ['ARCFACE_ENGINE_PATH', 'none.onnx', 'expected a model but there is no'],
  ['FACE_MODEL_PATH', 'none/face.onnx', 'expected a model but there is no'],
])('refuses %s=%s', async (name, file, message) => {
  await expect(check({ [name]: at(file) })).rejects.toThrow(message);
  await expect(check({ [name]: at(file) })).rejects.toMatchObject({
    code: 'invalid_config',
    message: expect.stringContaining(`${name}: expected `),
  });
});

it.each([
  ['none/events.ndjson', /SINK: expected a file that can be written but there is no .*none$/],
  ['folder', /SINK: .*folder is a folder/],
  ['model.onnx/events.ndjson', /SINK: .*there is no .*events\.ndjson/],
])('refuses the events file %s', async (file, message) => {
  await expect(check({ SINK: `ndjson:${at(file)}` })).rejects.toThrow(message);
});

it.skipIf(process.getuid?.() === 0)(
  'refuses an events file in a folder that it may not write to',
  async () => {
    await mkdir(at('closed'));
    await chmod(at('closed'), 0o500);
    await expect(check({ SINK: `ndjson:${at('closed/events')}` })).rejects.toThrow(
      /access to .*closed is denied/,
    );
  },
);

it('names all problems together', async () => {
  const wrong = check({
    SINK: `ndjson:${at('none/x')}`,
    REDIS_CA_FILE: at('none'),
    FACE_MODEL_PATH: at('none'),
  });
  await expect(wrong).rejects.toThrow(/REDIS_CA_FILE: .*\n {2}SINK: .*\n {2}FACE_MODEL_PATH: /);
});

it('does not look at the certificates of a Kafka that is not used', async () => {
  await check({ KAFKA_CA_FILE: at('none.pem'), SINK: 'stdout' });
});
