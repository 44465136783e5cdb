import { defined } from '@trinetra/contracts';
import { type Environment, parser, redisUrl, whole } from '@trinetra/env-settings';
import { z } from 'zod';
import type { CropOptions } from './crops/crop-saver.ts';
import { invalidOptions } from './errors.ts';
import type { SourceOptions } from './event-source.ts';
import { parseKafkaSettings } from './kafka-settings.ts';
import { flag, glob, parseValues } from './option-schemas.ts';
import { plotFormat } from './plot/write-plot.ts';
import { parseRedisSettings } from './redis.ts';

/** The command line and the environment, read and validated. */
export interface ViewerOptions {
  readonly source: SourceOptions;
  /** Globs of the cameras to show. None: all. */
  readonly cameras: readonly string[];
  /** Statuses to show. None: all. */
  readonly statuses: readonly ('ok' | 'degraded' | 'failed')[];
  /** Events after which it ends. */
  readonly limit: number;
  readonly show: 'lines' | 'json' | 'stats' | 'stats-json';
  readonly embeddings: boolean;
  /** SVG or PNG file. */
  readonly plot: string | undefined;
  readonly crops: CropOptions | undefined;
}

const statuses = ['ok', 'degraded', 'failed'] as const;

const statusList = parser(
  (text) => {
    const found = text.split(',').map((name) => statuses.find((status) => status === name.trim()));
    return found.every((status) => status !== undefined) ? found : undefined;
  },
  `${statuses.join(', ')}, comma separated,`,
);

const schema = z.strictObject({
  file: z.string().min(1, 'expected a path, or - for standard input').optional(),
  follow: flag,
  brokers: z.string().optional(),
  topic: z.string().optional(),
  group: z.string().min(1, 'expected a name').optional(),
  fromBeginning: flag,
  untilEnd: flag,
  camera: z.array(glob).default([]),
  status: statusList.default([]),
  limit: whole(1).default(Infinity),
  json: flag,
  embeddings: flag,
  stats: flag,
  plot: z
    .string()
    .refine((path) => plotFormat(path) !== undefined, 'expected a file name that ends in .svg or .png')
    .optional(),
  saveCrops: z.string().min(1, 'expected a folder').optional(),
  redis: redisUrl.optional(),
  iMayStorePersonalData: flag,
});

type Values = z.infer<typeof schema>;

/** Options that do not combine, one line each. */
function contradictions(values: Values): string[] {
  const { file, follow, group, fromBeginning, untilEnd, brokers, topic } = values;
  const kafkaOnly = { brokers, topic, group, 'from-beginning': fromBeginning, 'until-end': untilEnd };
  const given = Object.entries(kafkaOnly).filter(([, value]) => value !== undefined && value !== false);
  const rules: [boolean, string][] = [
    ...(file === undefined ? [] : given).map(([name]): [boolean, string] => [
      true,
      `--${name}: it is for Kafka, expected no --file beside it`,
    ]),
    [follow && (file === undefined || file === '-'), '--follow: expected --file PATH beside it'],
    [untilEnd && !fromBeginning, '--until-end: expected --from-beginning beside it'],
    [untilEnd && group !== undefined, '--until-end: expected no --group beside it'],
    [
      values.embeddings && (!values.json || values.stats),
      '--embeddings: expected --json beside it, and no --stats',
    ],
    [
      values.redis !== undefined && values.saveCrops === undefined,
      '--redis: expected --save-crops beside it',
    ],
    [
      values.saveCrops !== undefined && values.redis === undefined,
      '--save-crops: expected --redis URL beside it',
    ],
    [
      values.saveCrops !== undefined && !values.iMayStorePersonalData,
      '--save-crops: it stores pictures of people. Expected --i-may-store-personal-data beside it, from somebody who may',
    ],
  ];
  return rules.flatMap(([broken, message]) => (broken ? [message] : []));
}

/**
 * Reads the values of the command line, and the variables `KAFKA_*` and `REDIS_*` if they are used.
 *
 * @throws {ViewerError} `invalid_options`, one line for each problem.
 */
export function parseOptions(given: Readonly<Record<string, unknown>>, env: Environment): ViewerOptions {
  const data = parseValues(schema, given);
  const problems = contradictions(data);
  if (problems.length > 0) throw invalidOptions(problems.join('\n'));
  const { camera: cameras, status: statuses, limit, embeddings, plot } = data;
  const show = data.stats ? (data.json ? 'stats-json' : 'stats') : data.json ? 'json' : 'lines';
  const source = sourceOf(data, env);
  const crops = cropsOf(data, env);
  return { source, cameras, statuses, limit, show, embeddings, plot, crops };
}

function sourceOf(values: Values, env: Environment): SourceOptions {
  const { file: path, follow, brokers, topic, group, fromBeginning, untilEnd } = values;
  if (path !== undefined) return { kind: 'file', path, follow };
  const overrides = defined({ KAFKA_BOOTSTRAP_SERVERS: brokers, KAFKA_TOPIC: topic });
  const settings = parseKafkaSettings({ ...env, ...overrides });
  return { kind: 'kafka', settings, group, fromBeginning, untilEnd };
}

function cropsOf({ saveCrops: folder, redis: url }: Values, env: Environment): ViewerOptions['crops'] {
  if (folder === undefined || url === undefined) return undefined;
  return { folder, redis: parseRedisSettings(url, env) };
}
