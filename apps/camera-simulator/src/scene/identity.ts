import { createRandomOf } from '../random.ts';

/** The look of one person, the same in every camera and at every time. */
export interface Identity {
  readonly id: number;
  readonly skin: string;
  readonly hair: string;
  readonly hairStyle: 'bald' | 'short' | 'long' | 'bun' | 'cap' | 'curls' | 'fringe';
  /** Width of the face by its height, 0.66..0.9. */
  readonly faceRatio: number;
  /** Distance between the eyes by the face's width, 0.36..0.52. */
  readonly eyeDistance: number;
  readonly eyeSize: number;
  readonly eyeColour: string;
  /** Thickness and tilt of the brows. */
  readonly brow: number;
  readonly browTilt: number;
  readonly noseLength: number;
  readonly noseWidth: number;
  readonly mouthWidth: number;
  readonly lips: string;
  readonly glasses: string | null;
  readonly beard: 'none' | 'full' | 'goatee' | 'moustache';
  /** A mark on a cheek: its side and height. */
  readonly mark: { readonly side: -1 | 1; readonly y: number } | null;
  readonly earrings: string | null;
  readonly top: string;
  readonly stripes: string | null;
  readonly bottom: string;
  readonly skirt: boolean;
  /** Body width by the usual one, 0.8..1.25. */
  readonly build: number;
  /** Height by the usual one, 0.88..1.1. */
  readonly stature: number;
}

const skins = ['#f6d7c0', '#eac09c', '#d9a577', '#c68642', '#a5673f', '#8d5524', '#6b4226', '#4a2c17'];
const hairs = [
  '#141210',
  '#3b2417',
  '#6a4a2c',
  '#a0703c',
  '#d8b26a',
  '#b5431f',
  '#8e8e8e',
  '#e4e1da',
  '#5b2a6b',
];
const styles = ['bald', 'short', 'long', 'bun', 'cap', 'curls', 'fringe'] as const;
const eyes = ['#2b1a10', '#4b6b3a', '#3c6fa0', '#7a5a2c', '#1d1d1d'];
const mouths = ['#8f3b3b', '#b5524f', '#c2185b', '#7a3b30', '#d07a6a'];
const clothes = [
  '#b83227',
  '#1f5fa8',
  '#2e7d46',
  '#e0b021',
  '#ececec',
  '#22252b',
  '#7d3c98',
  '#e2711d',
  '#148f8f',
  '#d46a92',
  '#6b7b8c',
];
const bottoms = ['#1f2a44', '#2b2b2b', '#6d5a41', '#4a6076', '#7b7f86', '#3c4a2f', '#5b2333'];
const frames = ['#111111', '#7a1f1f', '#c9a227', '#2f4f8f'];
const beards = ['none', 'none', 'none', 'full', 'goatee', 'moustache'] as const;

/** The look of identity `id`, derived from its number alone. */
export function createIdentity(id: number): Identity {
  const random = createRandomOf(0x1de47, id);
  const pick = <T>(from: readonly [T, ...T[]] | readonly T[]): T =>
    from[Math.floor(random() * from.length)] as T;
  const between = (low: number, high: number): number => low + random() * (high - low);
  return {
    id,
    skin: pick(skins),
    hair: pick(hairs),
    hairStyle: pick(styles),
    faceRatio: between(0.66, 0.9),
    eyeDistance: between(0.36, 0.52),
    eyeSize: between(0.07, 0.12),
    eyeColour: pick(eyes),
    brow: between(0.02, 0.055),
    browTilt: between(-0.35, 0.35),
    noseLength: between(0.13, 0.24),
    noseWidth: between(0.1, 0.22),
    mouthWidth: between(0.3, 0.5),
    lips: pick(mouths),
    glasses: random() < 0.35 ? pick(frames) : null,
    beard: pick(beards),
    mark: random() < 0.25 ? { side: random() < 0.5 ? -1 : 1, y: between(0.05, 0.25) } : null,
    earrings: random() < 0.3 ? pick(['#d4af37', '#c0c0c0', '#c2185b']) : null,
    top: pick(clothes),
    stripes: random() < 0.35 ? pick(clothes) : null,
    bottom: pick(bottoms),
    skirt: random() < 0.25,
    build: between(0.8, 1.25),
    stature: between(0.88, 1.1),
  };
}
