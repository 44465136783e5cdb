import { expect, it } from 'vitest';
import { ageOfFrame, timeOfFrame, timeOfId } from './frame-time.ts';

const now = 1_771_840_000_000;

it.each([
  ['of a clock', '1771839999000-3', 1_771_839_999_000],
  ['of a clock that is ahead', '1771840060000-0', 1_771_840_060_000],
  ['of a stream that once had one of tomorrow', '1771926400000-7', undefined],
  ['of a year ago', '1740304000000-0', 1_740_304_000_000],
  ['a counter', '5-0', undefined],
  ['seconds', '1771840000-1', undefined],
  ['microseconds', '1771840000000000-0', undefined],
  ['the last id there is', '18446744073709551615-18446744073709551615', undefined],
  ['no id', '', undefined],
])('reads an id that is %s', (_, id, expected) => {
  expect(timeOfId(id, now)).toBe(expected);
});

it.each([
  ['ingest_ts', 1_771_839_999.5, '5-0', 1_771_839_999_500],
  [
    'the id, where ingest_ts is seconds since the camera started',
    312.7,
    '1771839999000-0',
    1_771_839_999_000,
  ],
  ['the id, where ingest_ts is of a clock that was never set', 0, '1771839999000-0', 1_771_839_999_000],
  ['ingest_ts of a clock that is a little ahead', 1_771_840_000.1, '1771839999000-0', 1_771_840_000_100],
  ['the id, where ingest_ts is ahead', 1_771_840_000.101, '1771839999000-0', 1_771_839_999_000],
  ['the id, where ingest_ts is of next year', 1_803_376_000, '1771839999000-0', 1_771_839_999_000],
  ['nothing, where both are no time', 312.7, '5-0', undefined],
])('takes the time of a frame from %s', (_, ingestTs, frameId, expected) => {
  expect(timeOfFrame({ ingestTs, frameId }, now)).toBe(expected);
});

it.each([
  ['since ingest_ts', 1_771_839_999.5, '5-0', 500],
  ['since the id, where ingest_ts is ahead', 1_803_376_000, '1771839999000-0', 1000],
  ['0 where clocks differ a little', 1_771_840_000.05, '5-0', 0],
  ['unknown where the id is ahead, too', 1_771_840_001, '1771840000500-0', undefined],
  ['unknown where neither is a time', 312.7, '5-0', undefined],
])('tells the age of a frame: %s', (_, ingestTs, frameId, expected) => {
  expect(ageOfFrame({ ingestTs, frameId }, now)).toBe(expected);
});
