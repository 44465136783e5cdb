/** The head of a TensorRT plan of that version, with filling: what ONNX Runtime is handed, without TensorRT to read it. */
export function planOf(version: string, bytes = 256): Buffer {
  const plan = Buffer.alloc(bytes, 0xa5);
  plan.write('ftrt', 0, 'latin1');
  plan.writeUInt32LE(0, 4);
  for (const [at, part] of version.split('.').entries()) plan[24 + at] = Number(part);
  return plan;
}

/** An engine file as Ultralytics writes it: the length of a JSON header, the header, and the engine. */
export function ultralyticsEngine(
  metadata: Readonly<Record<string, unknown>>,
  engine: Buffer = planOf('10.3.0.26'),
): Buffer {
  const header = Buffer.from(
    JSON.stringify({
      description: 'Ultralytics YOLOv8n model',
      stride: 32,
      task: 'detect',
      batch: 4,
      imgsz: [640, 640],
      names: { 0: 'person', 1: 'bicycle' },
      args: { half: true, dynamic: false },
      ...metadata,
    }),
  );
  const length = Buffer.alloc(4);
  length.writeInt32LE(header.length);
  return Buffer.concat([length, header, engine]);
}
