// The command line of npm run demo. scripts/demo.mjs reads it too, on a bare Node 20 before anything is
// installed or built. So import only modules of Node here.
import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const example = 'npm run demo -- --models ../shared/models --frames ../shared/photos';
const reasons = { ENOENT: 'does not exist', ENOTDIR: 'is a file' };

/** Runs `use` on a path; what is wrong with it, or undefined. */
function complaintOf(path, use, otherwise) {
  try {
    use(path);
    return undefined;
  } catch (error) {
    return `expected a folder but ${path} ${reasons[error.code] ?? otherwise ?? error.message}`;
  }
}

/** A kind of value reads its text: `[value]`, or `[undefined, complaint]`. */
const folder = (holding) => (text, base) => {
  if (text === '') {
    return [undefined, `expected a folder of ${holding} but received none, for example: ${example}`];
  }
  const path = resolve(base, text);
  return [path, complaintOf(path, readdirSync)];
};

const isPicture = (name) => /\.(jpe?g|png|webp)$/i.test(name);

const pictures = (text, base) => {
  const [path, complaint] = folder('pictures')(text, base);
  if (complaint !== undefined || readdirSync(path).some(isPicture)) return [path, complaint];
  return [path, `expected .jpg, .png or .webp files in ${path} but found none`];
};

const file = (text, base) => {
  if (text === '') return [undefined, 'expected a file but received ""'];
  const path = resolve(base, text);
  const writable = (parent) => {
    readdirSync(parent);
    accessSync(parent, constants.W_OK);
  };
  const complaint = complaintOf(dirname(path), writable, 'cannot be written to');
  const isFolder = complaint === undefined && statSync(path, { throwIfNoEntry: false })?.isDirectory();
  return [path, isFolder ? `expected a file but ${path} is a folder` : complaint];
};

const number = (least, most, kind) => (text) => {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  const fits = value >= least && value <= most && (kind === 'a number' || Number.isInteger(value));
  return [value, fits ? undefined : `expected ${kind} in ${least}..${most} but received "${text}"`];
};

const choice =
  (...names) =>
  (text) => [
    text,
    names.includes(text) ? undefined : `expected ${names.join(' or ')} but received "${text}"`,
  ];

/**
 * Every option: its name, the name of its value, its purpose, its parser, and its default; `withCamera` is the
 * default with the user's own cameras, and `alone` options do not combine with those.
 */
const options = [
  {
    name: 'models',
    value: 'folder',
    help: 'ONNX models of any names: YOLOv8, YuNet or SCRFD, ArcFace or EdgeFace (default: demo models)',
    read: folder('ONNX models'),
  },
  {
    name: 'frames',
    value: 'folder',
    help: '.jpg, .png and .webp pictures (default: generated scenes)',
    read: pictures,
    alone: true,
  },
  {
    name: 'camera',
    value: 'source',
    help: 'a camera of your own, several with one --camera each: rtsp://..., a film, a device, a folder; NAME=SOURCE names it',
    several: true,
  },
  {
    name: 'cameras',
    value: 'n',
    help: 'number of cameras',
    read: number(1, 1000, 'a whole number'),
    usual: '8',
    alone: true,
  },
  {
    name: 'fps',
    value: 'f',
    help: 'frames per second of each camera (default: what the machine carries, 5 at most)',
    read: number(0.01, 1000, 'a number'),
  },
  {
    name: 'seconds',
    value: 's',
    help: 'how long the cameras run',
    read: number(0.1, 86_400, 'a number'),
    usual: '20',
    withCamera: 'until Ctrl-C',
  },
  {
    name: 'sink',
    value: 'sink',
    help: 'where events go: kafka or ndjson',
    read: choice('kafka', 'ndjson'),
    usual: 'kafka',
    withCamera: 'nowhere',
  },
  {
    name: 'output',
    value: 'file',
    help: 'contact sheet to write',
    read: file,
    usual: 'trinetra-demo.png',
    alone: true,
  },
  { name: 'json', help: 'end with one JSON line on standard output' },
  { name: 'help', short: 'h', help: 'show this' },
];

function defaultText({ usual, withCamera }) {
  if (usual === undefined) return '';
  return ` (default: ${usual}${withCamera === undefined ? '' : `; with --camera: ${withCamera}`})`;
}

function helpText() {
  const rows = options.map((option) => [
    `${option.short === undefined ? '' : `-${option.short}, `}--${option.name}${option.value === undefined ? '' : ` <${option.value}>`}`,
    `${option.help}${defaultText(option)}`,
  ]);
  const width = Math.max(...rows.map(([flags]) => flags.length));
  return [
    'Usage: npm run demo -- [options]',
    '',
    'Runs the whole path on this machine: cameras, Redis, the worker, Kafka, and what came out.',
    '',
    'Options:',
    ...rows.map(([flags, help]) => `  ${flags.padEnd(width)}  ${help}`),
    '',
    `Example: ${example}`,
  ].join('\n');
}

function complaintOfToken({ kind, rawName, value, inlineValue }, known) {
  if (kind === 'positional')
    return `${value}: expected options only, after two dashes: npm run demo -- --fps 2`;
  if (kind !== 'option') return undefined;
  if (known === undefined) return `${rawName}: there is no such option, see npm run demo -- --help`;
  return known.value === undefined && inlineValue === true
    ? `${rawName}: expected no value but received "${value}"`
    : undefined;
}

/**
 * Reads the arguments.
 *
 * @param args Without the program itself.
 * @param base Folder that relative paths start from.
 */
export function readCommandLine(args, base) {
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      options.map(({ name, short, value }) => [
        name,
        { type: value === undefined ? 'boolean' : 'string', ...(short === undefined ? {} : { short }) },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const problems = [];
  const given = new Map();
  const cameras = [];
  for (const token of tokens) {
    const known = options.find(({ name }) => name === token.name);
    const complaint = complaintOfToken(token, known);
    if (complaint !== undefined) problems.push(complaint);
    else if (token.name === 'camera') cameras.push(token.value ?? '');
    else if (token.kind === 'option') given.set(token.name, token.value ?? '');
  }
  if (given.has('help')) return { help: helpText(), problems: [], values: {} };
  const isOwn = cameras.length > 0;
  const strangers = options.filter(({ name, alone }) => isOwn && alone === true && given.has(name));
  if (strangers.length > 0) {
    const names = strangers.map(({ name }) => `--${name}`).join(', ');
    problems.push(`${names}: expected none of these beside --camera`);
  }
  if (cameras.includes('')) problems.push('--camera: expected a source but received ""');
  const values = { json: given.has('json'), sources: cameras };
  for (const { name, read, usual, withCamera } of options) {
    const text = given.get(name) ?? (isOwn && withCamera !== undefined ? undefined : usual);
    if (read === undefined || text === undefined) continue;
    const [value, complaint] = read(text, base);
    values[name] = value;
    if (complaint !== undefined) problems.push(`--${name}: ${complaint}`);
  }
  return { help: undefined, problems, values };
}
