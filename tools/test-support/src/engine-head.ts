/**
 * An engine file as Ultralytics writes it: the length of a JSON header, the header, and the head of a TensorRT 10.3 plan with
 * filling. What a GPU would run cannot be had here.
 */
export function engineHead(header: object, planBytes = 256): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const plan = Buffer.alloc(planBytes, 0xa5);
  plan.write('ftrt', 0, 'latin1');
  plan.writeUInt32LE(0, 4);
  plan.set([10, 3, 0, 26], 24);
  return Buffer.concat([length, json, plan]);
}
