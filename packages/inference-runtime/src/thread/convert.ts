import { InferenceSession, type Tensor } from 'onnxruntime-node';
import { feedConversionModel, floatOutputModel } from './conversion-model.ts';
import type { FeedConversion } from '../types.ts';

/** Sessions of conversions, on the CPU; there are as many as models have kinds of tensors. */
const sessions = new Map<string, Promise<InferenceSession>>();

function sessionOf(key: string, model: () => Uint8Array): Promise<InferenceSession> {
  const known = sessions.get(key);
  if (known !== undefined) return known;
  const made = InferenceSession.create(model(), {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  sessions.set(key, made);
  return made;
}

async function through(session: InferenceSession, tensor: Tensor): Promise<Tensor> {
  const [input = ''] = session.inputNames;
  const [output = ''] = session.outputNames;
  const result = (await session.run({ [input]: tensor }))[output];
  if (result === undefined) throw new Error('a conversion gave no tensor');
  return result;
}

/** A float32 tensor `[n, c, h, w]` as the model takes it. */
export async function convertFeed(tensor: Tensor, conversion: FeedConversion): Promise<Tensor> {
  const { type, layout = 'nchw', scale = 1, offset = 0 } = conversion;
  const session = await sessionOf(`${type} ${layout} ${scale} ${offset}`, () =>
    feedConversionModel(conversion),
  );
  return through(session, tensor);
}

/** A float16 tensor as float32; others as they are. */
export async function toFloat32(tensor: Tensor): Promise<Tensor> {
  if (tensor.type !== 'float16') return tensor;
  const rank = tensor.dims.length;
  return through(await sessionOf(`float16 ${rank}`, () => floatOutputModel(rank)), tensor);
}
