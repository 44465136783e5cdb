import { dirname, join } from 'node:path';
import { errorText } from '@trinetra/contracts';
import { UsageError } from '@trinetra/program';
import { z } from 'zod';
import type { TruthBox } from './coco-evaluation.ts';
import { checkPictures, readText } from './read-input.ts';

const id = z.union([z.number(), z.string()]);
const schema = z.object({
  images: z.array(
    z.object({ id, file_name: z.string().min(1), width: z.int().optional(), height: z.int().optional() }),
  ),
  annotations: z.array(
    z.object({
      image_id: id,
      category_id: id,
      bbox: z.tuple([z.number(), z.number(), z.number().min(0), z.number().min(0)]),
      iscrowd: z.union([z.literal([0, 1]), z.boolean()]).default(0),
    }),
  ),
  categories: z.array(z.object({ id, name: z.string() })),
});

/** A picture and the persons in it. */
export interface TruthImage {
  /** Path. */
  readonly file: string;
  /** Of the picture that the truth is of, px; undefined where the file does not tell. */
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly truths: readonly TruthBox[];
}

export interface ReadCocoOptions {
  /** Folder of the pictures; default: that of the file. */
  readonly images?: string | undefined;
  /** Name of the category whose boxes are the truth. */
  readonly category: string;
}

/**
 * Reads truth in the format of COCO's instances.
 *
 * @throws {UsageError} where the file is no such truth, has no such category or a picture is missing.
 * @see https://cocodataset.org/#format-data
 */
export async function readCoco(file: string, { images, category }: ReadCocoOptions): Promise<TruthImage[]> {
  const text = await readText(file, '--detections');
  const coco = schema.safeParse(parseJson(text, file));
  if (!coco.success) {
    const [issue] = coco.error.issues;
    throw new UsageError(`${file}: ${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
  }
  const { annotations, categories } = coco.data;
  const wanted = categories.find(({ name }) => name === category)?.id;
  if (wanted === undefined) {
    const names = categories.map(({ name }) => name).join(', ') || 'none';
    throw new UsageError(`${file}: no category "${category}" among ${names}: name one with --category`);
  }
  const truths = new Map<number | string, TruthBox[]>(coco.data.images.map((image) => [image.id, []]));
  for (const [index, { image_id: image, category_id: of, bbox, iscrowd }] of annotations.entries()) {
    const boxes = truths.get(image);
    if (boxes === undefined)
      throw new UsageError(`${file}: annotations.${index}: no image has the id ${image}`);
    if (of === wanted) boxes.push({ box: bbox, crowd: iscrowd === true || iscrowd === 1 });
  }
  const folder = images ?? dirname(file);
  const pictures = coco.data.images.map(({ id: image, file_name: name, width, height }) => ({
    file: join(folder, name),
    width,
    height,
    truths: truths.get(image) ?? [],
  }));
  if (pictures.length === 0) throw new UsageError(`${file}: expected images but found none`);
  await checkPictures(
    pictures.map((picture) => picture.file),
    file,
  );
  return pictures;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file}: expected JSON (${errorText(error)})`, { cause: error });
  }
}
