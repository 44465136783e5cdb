/** How a frame was damaged: cut in the middle, its first bytes overwritten, or noise throughout. */
export type Damage = 'truncated' | 'header' | 'noise';

const kinds: readonly Damage[] = ['truncated', 'header', 'noise'];

/** A damaged copy of a picture; the same numbers from `random` give the same damage. */
export function corrupt(
  bytes: Buffer,
  random: () => number,
): { readonly bytes: Buffer; readonly damage: Damage } {
  const damage = kinds[Math.floor(random() * kinds.length)] ?? 'truncated';
  if (damage === 'truncated') {
    const kept = Math.max(1, Math.floor(bytes.length * (0.1 + 0.7 * random())));
    return { bytes: Buffer.from(bytes.subarray(0, kept)), damage };
  }
  const copy = Buffer.from(bytes);
  const end = damage === 'header' ? Math.min(16, copy.length) : copy.length;
  for (let i = 0; i < end; i += 1) copy[i] = Math.floor(random() * 256);
  // Noise must not form the signature of a JPEG.
  if (copy.length > 0) copy[0] = 0;
  return { bytes: copy, damage };
}
