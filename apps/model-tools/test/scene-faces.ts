import { createScene } from '@trinetra/camera-simulator/scene';
import sharp from 'sharp';

/** Pictures of one generated person alone, `count` of them (PNG), from different moments: the person's box, face to the camera. */
export async function personPictures(identity: number, count: number): Promise<Buffer[]> {
  const identities = [identity, identity + 1] as const;
  const scene = createScene({ seed: 5, camera: identity, cameraType: 'face_capture', identities, crowd: 1 });
  const pictures: Buffer[] = [];
  for (let moment = 0; pictures.length < count && moment < 400; moment += 1) {
    const { canvas, truth } = scene.frame(3.7 * moment);
    const [person] = truth.persons;
    if (person === undefined || person.face === null) continue;
    const [x1, y1, x2, y2] = person.bbox.map(Math.round) as [number, number, number, number];
    const box = { left: x1, top: y1, width: x2 - x1, height: y2 - y1 };
    pictures.push(
      await sharp(await canvas.encode('png'))
        .extract(box)
        .png()
        .toBuffer(),
    );
  }
  if (pictures.length < count) throw new Error(`identity ${identity} shows its face too seldom`);
  return pictures;
}

/** Two pictures beside each other, the first 400 px high, the second 240 px. */
export async function besideEachOther(large: Buffer, small: Buffer): Promise<Buffer> {
  const [left, right] = await Promise.all([
    sharp(large).resize({ height: 400 }).png().toBuffer({ resolveWithObject: true }),
    sharp(small).resize({ height: 240 }).png().toBuffer({ resolveWithObject: true }),
  ]);
  return sharp({
    create: { width: left.info.width + right.info.width, height: 400, channels: 3, background: '#808080' },
  })
    .composite([
      { input: left.data, left: 0, top: 0 },
      { input: right.data, left: left.info.width, top: 0 },
    ])
    .png()
    .toBuffer();
}
