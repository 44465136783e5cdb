import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { systemCode, unusable } from '../onnx/model-file.ts';
import { isElementType } from '../onnx/onnx-format.ts';
import type { EngineSidecar } from '../types.ts';

const tensor = z.strictObject({
  name: z.string().min(1),
  type: z.string().refine((name) => isElementType(name), 'expected an element type of ONNX'),
  dims: z.array(z.union([z.int().min(-1), z.string().min(1)])),
});

const fields = {
  inputs: z.array(tensor).min(1).optional(),
  outputs: z.array(tensor).min(1).optional(),
  gpu: z.string().optional(),
  computeCapability: z
    .string()
    .regex(/^\d+\.\d+\+?$/, 'expected a compute capability like 8.6, or 8.0+ for an engine of several')
    .optional(),
  tensorrt: z.string().optional(),
  precision: z.enum(['fp32', 'fp16', 'int8']).optional(),
  bytes: z.int().min(1).optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits')
    .optional(),
  pixels: z
    .string()
    .regex(
      /^(?:rgb|bgr) -?\d+(?:\.\d+)? \d+(?:\.\d+)?$/,
      "expected order, mean and divisor, like 'bgr 127.5 127.5'",
    )
    .optional(),
};

const schema: z.ZodType<EngineSidecar> = z.strictObject(fields);

/** What is wrong, with the keys that there are where one is unknown. */
function problemOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'unrecognized_keys') return issue.message;
  return `has ${issue.keys.join(', ')}, which is none of ${Object.keys(fields).join(', ')}`;
}

/**
 * Reads the JSON file beside a model; an empty answer where there is none.
 *
 * @throws {InferenceError} `model_unusable` for one that cannot be read or says what nobody asked for.
 */
export async function readSidecar(enginePath: string): Promise<EngineSidecar> {
  const path = `${enginePath}.json`;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return {};
    throw unusable(`${path} cannot be read: ${String(error)}`, error);
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    const detail =
      error instanceof z.ZodError
        ? error.issues.map((issue) => `${issue.path.join('.')} ${problemOf(issue)}`.trim()).join('; ')
        : String(error);
    throw unusable(`${path} is not as expected: ${detail}`, error);
  }
}
