/** What a file is that is no model of ours, and what to do about it; both are parts of a sentence. */
export interface FileKind {
  /** As in "it is a ZIP archive". */
  readonly what: string;
  readonly todo: string;
}

/** Bytes of the beginning that {@link foreignKind} wants: the mark of a tar lies at 257. */
export const headBytes = 512;

/** The beginning of a file and its size. */
interface Head {
  readonly bytes: Uint8Array;
  /** The same, a character a byte. */
  readonly latin: string;
  /** Without a byte order mark and white space before it, in small letters. */
  readonly text: string;
  /** Of the whole file, bytes. */
  readonly size: number;
}

const again = 'copy or download it again, and compare its size';
const download = 'download it again, by the address of the file itself';
const unpack = 'unpack it and give the .onnx that is in it';
const exported = 'give the .onnx that it was made from, or export one from the original model';
const exportTorch =
  'export it, with torch.onnx.export or, where it is of Ultralytics, `yolo export model=FILE format=onnx dynamic=True`';
const convertTensorFlow = 'convert it with tf2onnx (`python -m tf2onnx.convert`)';

const startsWith =
  (mark: string, at = 0) =>
  ({ latin }: Head): boolean =>
    latin.startsWith(mark, at);

/** The first 8 bytes tell the length of a JSON header. */
function isSafetensors({ bytes, latin, size }: Head): boolean {
  if (bytes.length < 10 || !latin.startsWith('{"', 8)) return false;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  return length <= BigInt(size);
}

/** A ZIP whose first entry, whose name begins at 30, is one of those that torch.save and torch.jit.save write. */
function isTorchArchive({ latin }: Head): boolean {
  return (
    latin.startsWith('PK\x03\x04') &&
    /^[^/]+\/(?:data\.pkl|data\/\d|constants\.pkl|version|byteorder|\.)/.test(latin.slice(30))
  );
}

/** The byte after a varint. */
function afterVarint(bytes: Uint8Array, from: number): number {
  let at = from;
  while ((bytes[at] ?? 0) >= 0x80) at += 1;
  return at + 1;
}

/** Tags of a protobuf message: field 1 as a number, and fields 1 and 2 as text or messages. */
const [tagOfNumber, tagOfFirst, tagOfSecond] = [0x08, 0x0a, 0x12] as const;

const isVersion = (byte: number | undefined): boolean => byte !== undefined && byte >= 1 && byte <= 32;

/** The second field of a message whose first one is a version; null for another message. */
function fieldAfterVersion(bytes: Uint8Array): Uint8Array | null {
  const [tag, version, second] = bytes;
  if (tag !== tagOfNumber || !isVersion(version) || second !== tagOfSecond) return null;
  return bytes.subarray(afterVarint(bytes, 3));
}

/** A MetaGraphDef, whose first field is a message: ONNX has the name of the exporter there, a text. */
function isSavedModel({ bytes }: Head): boolean {
  return bytes[1] === 1 && fieldAfterVersion(bytes)?.[0] === tagOfFirst;
}

/** A ModelDescription, whose first field is an input, whose first field is its name. */
function isCoreMl({ bytes }: Head): boolean {
  const description = fieldAfterVersion(bytes);
  return description?.[0] === tagOfFirst && description[afterVarint(description, 1)] === tagOfFirst;
}

/** Tags of what may follow the IR version of an ONNX model. */
const onnxTags: readonly number[] = [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72];

function isOnnx({ bytes }: Head): boolean {
  const [tag, version, next = 0] = bytes;
  if (fieldAfterVersion(bytes)?.[0] === tagOfFirst) return false;
  return tag === tagOfNumber && isVersion(version) && onnxTags.includes(next);
}

/** A plan, bare or behind the header of Ultralytics: 4 bytes of length and JSON. */
function isEngine({ bytes, latin }: Head): boolean {
  return latin.startsWith('ftrt') || (bytes[3] === 0 && (bytes[2] ?? 16) < 16 && latin.startsWith('{"', 4));
}

/** UTF-8 without control characters; the last character may be cut. */
function isText({ bytes }: Head): boolean {
  if (bytes.some((byte) => byte < 0x20 && ![9, 10, 12, 13].includes(byte))) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false; // that is the answer
  }
}

/** The first that fits is it. */
const kinds: readonly (FileKind & { readonly fits: (head: Head) => boolean })[] = [
  { what: 'empty', todo: again, fits: ({ size }) => size === 0 },
  {
    what: 'a Git LFS pointer',
    todo: 'run `git lfs pull` in its folder',
    fits: startsWith('version https://git-lfs.github.com/spec/'),
  },
  {
    what: 'a PyTorch checkpoint',
    todo: exportTorch,
    fits: isTorchArchive,
  },
  { what: 'a ZIP archive', todo: unpack, fits: startsWith('PK\x03\x04') },
  {
    what: 'a Python pickle, as PyTorch writes checkpoints',
    todo: exportTorch,
    fits: ({ bytes: [mark, protocol = 0] }) => mark === 0x80 && protocol >= 2 && protocol <= 5,
  },
  {
    what: 'a safetensors file, which has weights and no graph',
    todo: 'export the model that they are of to ONNX',
    fits: isSafetensors,
  },
  { what: 'a gzip archive', todo: unpack, fits: startsWith('\x1f\x8b') },
  { what: 'an xz archive', todo: unpack, fits: startsWith('\xfd7zXZ\0') },
  { what: 'a 7z archive', todo: unpack, fits: startsWith("7z\xbc\xaf'\x1c") },
  { what: 'a bzip2 archive', todo: unpack, fits: startsWith('BZh') },
  { what: 'a Zstandard archive', todo: unpack, fits: startsWith('\x28\xb5\x2f\xfd') },
  { what: 'a tar archive', todo: unpack, fits: startsWith('ustar', 257) },
  { what: 'a TensorFlow Lite model', todo: exported, fits: startsWith('TFL3', 4) },
  { what: "a model in ONNX Runtime's own format", todo: exported, fits: startsWith('ORTM', 4) },
  { what: 'a Keras model (HDF5)', todo: convertTensorFlow, fits: startsWith('\x89HDF\r\n') },
  { what: 'a Core ML model', todo: exported, fits: isCoreMl },
  { what: 'a TensorFlow SavedModel', todo: convertTensorFlow, fits: isSavedModel },
  {
    what: 'an HTML page, as a download gives that went wrong',
    todo: download,
    fits: ({ text }) => /^<(?:!doctype html|html|head)/.test(text),
  },
  {
    what: 'the XML of an OpenVINO model',
    todo: exported,
    fits: ({ text }) => text.startsWith('<') && text.includes('<net '),
  },
  {
    what: 'XML and no model',
    todo: download,
    fits: ({ text }) => text.startsWith('<') && text.includes('>'),
  },
  {
    what: 'JSON and no model',
    todo: download,
    fits: (head) => /^[{[]/.test(head.text) && isText(head),
  },
  { what: 'text and no model', todo: download, fits: isText },
  {
    what: 'zeros where a model begins, as in a download that did not end',
    todo: again,
    fits: ({ bytes }) => bytes.length >= 16 && bytes.every((byte) => byte === 0),
  },
];

/**
 * Tells by its beginning what a file is that the worker can do nothing with, whatever its name.
 *
 * @param bytes The first {@link headBytes}, or all of a smaller file.
 * @param size Of the whole file, bytes.
 * @param expected As what it is to be read.
 * @returns Null for a file that may be what is expected.
 */
export function foreignKind(
  bytes: Uint8Array,
  size: number,
  expected: 'onnx' | 'engine' | 'data',
): FileKind | null {
  const latin = Buffer.from(bytes).toString('latin1');
  const head = {
    bytes,
    latin,
    text: latin
      .replace(/^\xef\xbb\xbf/, '')
      .trimStart()
      .toLowerCase(),
    size,
  };
  if (expected === 'onnx' && isEngine(head))
    return { what: 'a TensorRT engine', todo: 'give it a name that ends in .engine' };
  if (expected === 'engine' && isOnnx(head))
    return { what: 'an ONNX model', todo: 'give it a name that ends in .onnx' };
  const { what, todo } = kinds.find(({ fits }) => fits(head)) ?? {};
  return what === undefined || todo === undefined ? null : { what, todo };
}

/** The kind as the end of a sentence about the file. */
export const sayKind = ({ what, todo }: FileKind): string => `it is ${what}: ${todo}`;
