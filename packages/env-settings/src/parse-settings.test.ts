import { expect, it } from 'vitest';
import { checkSettings, describeSettings, parseSettings, printSettings } from './parse-settings.ts';
import { flag, oneOf, optional, pairs, real, whole } from './parsers.ts';
import { optionalSetting, readWhile, secret, setting } from './setting.ts';

const table = {
  SIZE: setting(whole(1, 64), 'how many', '4'),
  SHARE: setting(optional(real(0, 1)), 'of all'),
  MODE: setting(oneOf('fast', 'exact'), 'how', 'exact'),
  NAME: setting(oneOf('here'), 'whose', 'here', { isOfMachine: true }),
  TOKEN: secret('of the door', {
    rule: ({ TOKEN: token, MODE: mode }) =>
      token !== undefined && mode === 'fast' ? 'expected none beside MODE=fast' : null,
  }),
  FILE: optionalSetting('where', { check: async (path) => (path === 'bad' ? `expected no ${path}` : null) }),
  ...readWhile((env) => env['MODE'] === 'fast', { SPEED: setting(flag, 'fast at what', 'off') }),
};
const errorOf = (problems: readonly string[]): Error => new Error(problems.join('\n'));
const parse = (env: Readonly<Record<string, string>>) => parseSettings(table, env, errorOf);

it('takes defaults, and an empty variable as not set', () => {
  expect(parse({ SIZE: '', MODE: 'FAST' })).toEqual({
    SIZE: 4,
    SHARE: undefined,
    MODE: 'fast',
    NAME: 'here',
    TOKEN: undefined,
    FILE: undefined,
    SPEED: 'off',
  });
});

it('names all problems together, and those between settings last', () => {
  expect(() => parse({ SIZE: '65', SHARE: 'x', MODE: 'fast', TOKEN: 's3cret', SPEED: 'maybe' })).toThrow(
    [
      'SIZE: expected a whole number in 1..64 but received "65"',
      'SHARE: expected a number in 0..1 but received "x"',
      'SPEED: expected one of on, off, true, false, 1, 0 but received "maybe"',
      'TOKEN: expected none beside MODE=fast',
    ].join('\n'),
  );
});

it.each([
  ['a secret made with echo', 'TOKEN', 's3cret\n', 'expected no line break at its end'],
  ['a number with a line break', 'SIZE', '4\r\n', 'expected no line break at its end'],
  ['a line of an env file in double quotes', 'SIZE', '"4"', 'expected it without the quotes around it'],
  ['one in single quotes', 'FILE', "'/a/b'", 'expected it without the quotes around it'],
  [
    'a Service link of Kubernetes',
    'METRICS_HTTP_PORT',
    'tcp://10.0.0.3:9090',
    'expected a port, but Kubernetes has set it for the Service metrics-http',
  ],
])('tells how a variable was set wrongly: %s', (_, name, text, told) => {
  const parseIt = () =>
    parseSettings(
      { ...table, METRICS_HTTP_PORT: setting(whole(0), 'where', '0') },
      { [name]: text },
      errorOf,
    );
  expect(parseIt).toThrow(`${name}: ${told}`);
  expect(parseIt).not.toThrow(/s3cret|10\.0\.0\.3/);
});

it.each(['"', 'a"', '"a\'', 'a b', ' a '])('takes the text %j as it is', (text) => {
  expect(parse({ FILE: text }).FILE).toBe(text);
});

it('takes a secret in quotes as it is', () => {
  expect(parse({ TOKEN: '"s3cret"' }).TOKEN).toBe('"s3cret"');
});

it('takes a setting that is not read as not set, whatever is there', () => {
  expect(parse({ SPEED: 'maybe' }).SPEED).toBe('off');
  expect(printSettings(table, { SPEED: 'maybe' }, String)).toContain('SPEED=off');
});

it('prints what is in force, without secrets', () => {
  const text = printSettings(table, { TOKEN: 's3cret', FILE: 'a:b' }, (value) => value.replace(':b', ':***'));
  expect(text.split('\n')).toEqual([
    'SIZE=4',
    '# SHARE is not set',
    'MODE=exact',
    'NAME=here',
    'TOKEN=***',
    'FILE=a:***',
    'SPEED=off',
  ]);
});

it('describes each setting, with its default where it is the same on all machines', () => {
  expect(describeSettings(table).split('\n').slice(0, 4)).toEqual([
    '  SIZE   how many [4]',
    '  SHARE  of all',
    '  MODE   how [exact]',
    '  NAME   whose',
  ]);
});

it('looks at the files that are named', async () => {
  await checkSettings(table, parse({ FILE: 'good' }), errorOf);
  await expect(checkSettings(table, parse({ FILE: 'bad' }), errorOf)).rejects.toThrow(
    'FILE: expected no bad',
  );
});

it('repeats nothing of pairs, of which one may be a password', () => {
  const { error } = pairs('a=b').safeParse('s3cret');
  expect(error?.issues[0]?.message).toBe(
    'expected name=value pairs like a=b, with , and % of a value as %2C and %25',
  );
});
