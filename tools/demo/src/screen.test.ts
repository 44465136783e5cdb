import { expect, it } from 'vitest';
import { createScreen } from './screen.ts';

function record(isTTY: boolean) {
  let text = '';
  const clock = { ms: 0 };
  const output = {
    isTTY,
    columns: 12,
    write: (more: string) => {
      text += more;
    },
  };
  const screen = createScreen(output, () => clock.ms);
  return { screen, clock, text: () => text };
}

it('writes one line over itself on a terminal, cut to its width, and leaves it before other text', () => {
  const { screen, clock, text } = record(true);
  screen.progress('one');
  clock.ms = 250;
  screen.progress('two two two two');
  screen.say('done');
  expect(text()).toBe('\r\x1b[2Kone\r\x1b[2Ktwo two two\ndone\n');
});

it('writes a line every few seconds elsewhere, and the last one always', () => {
  const { screen, clock, text } = record(false);
  for (const ms of [0, 1000, 4000, 5000, 6000]) {
    clock.ms = ms;
    screen.progress(`at ${ms}`);
  }
  screen.endProgress();
  screen.endProgress();
  expect(text()).toBe('at 0\nat 5000\nat 6000\n');
});
