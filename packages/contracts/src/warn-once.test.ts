import { expect, it } from 'vitest';
import { type Logger, silentLogger } from './logger.ts';
import { createWarnOnce } from './warn-once.ts';

const saying = (): { readonly lines: string[]; readonly logger: Logger } => {
  const lines: string[] = [];
  const warn: Logger['warn'] = (fields, message) => lines.push(`${fields['camera_id'] ?? ''} ${message}`);
  return { lines, logger: { ...silentLogger, warn } };
};

it('says each thing once, however often it comes', () => {
  const { lines, logger } = saying();
  const warnOnce = createWarnOnce(logger);
  for (let round = 0; round < 3; round += 1)
    for (const camera of ['a', 'b']) warnOnce(camera, { camera_id: camera }, 'is odd');
  expect(lines).toEqual(['a is odd', 'b is odd']);
});

it('names a few of thousands a minute, all of them in the end', () => {
  const { lines, logger } = saying();
  let time = 0;
  const warnOnce = createWarnOnce(logger, { mostPerMinute: 2, now: () => time });
  const round = (): void => {
    for (const camera of ['a', 'b', 'c', 'd', 'e']) warnOnce(camera, { camera_id: camera }, 'is odd');
  };
  round();
  round();
  const more = ' more of this kind is not named before the next minute';
  expect(lines.splice(0)).toEqual(['a is odd', 'b is odd', more]);
  time = 60_000;
  round();
  expect(lines.splice(0)).toEqual(['c is odd', 'd is odd', more]);
  time = 120_000;
  round();
  expect(lines).toEqual(['e is odd']);
});
