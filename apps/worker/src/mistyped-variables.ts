import { printable } from '@trinetra/telemetry';
import { editDistance } from './edit-distance.ts';
import { type SettingName, settings } from './settings.ts';

/** What other programs call some of the settings. */
const otherNames: Readonly<Record<string, SettingName>> = {
  BOOTSTRAP_SERVERS: 'KAFKA_BOOTSTRAP_SERVERS',
  KAFKA_BROKER: 'KAFKA_BOOTSTRAP_SERVERS',
  KAFKA_BROKERS: 'KAFKA_BOOTSTRAP_SERVERS',
  KAFKA_BROKER_LIST: 'KAFKA_BOOTSTRAP_SERVERS',
  KAFKA_HOSTS: 'KAFKA_BOOTSTRAP_SERVERS',
  KAFKA_SERVERS: 'KAFKA_BOOTSTRAP_SERVERS',
  KAFKA_SSL: 'KAFKA_TLS',
  KAFKA_SSL_CA_FILE: 'KAFKA_CA_FILE',
  KAFKA_USER: 'KAFKA_USERNAME',
  KAFKA_SASL_USERNAME: 'KAFKA_USERNAME',
  KAFKA_SASL_PASSWORD: 'KAFKA_PASSWORD',
  KAFKA_COMPRESSION_TYPE: 'KAFKA_COMPRESSION',
  REDIS_ADDR: 'REDIS_URL',
  REDIS_ADDRESS: 'REDIS_URL',
  REDIS_HOST: 'REDIS_URL',
  REDIS_USER: 'REDIS_USERNAME',
  REDIS_PASS: 'REDIS_PASSWORD',
  YOLO_MODEL_PATH: 'YOLO_ENGINE_PATH',
  DETECTOR_MODEL_PATH: 'YOLO_ENGINE_PATH',
  ARCFACE_MODEL_PATH: 'ARCFACE_ENGINE_PATH',
  EMBEDDER_MODEL_PATH: 'ARCFACE_ENGINE_PATH',
  FACE_ENGINE_PATH: 'FACE_MODEL_PATH',
  CONF_THRESHOLD: 'CONFIDENCE_THRESHOLD',
  IOU_THRESHOLD: 'NMS_IOU_THRESHOLD',
  NMS_THRESHOLD: 'NMS_IOU_THRESHOLD',
  PROMETHEUS_PORT: 'METRICS_PORT',
  SHUTDOWN_TIMEOUT_MS: 'STOP_TIMEOUT_MS',
};

const names = Object.keys(settings) as SettingName[];

/** Typing errors that a name of so many letters may hold: none where a short one is easily another word. */
const allowedErrors = (length: number): number => (length < 6 ? 0 : length < 12 ? 1 : 2);

/** Its words in the order of the alphabet, without units and without who it is for. */
function wordsOf(name: string): string {
  const words = name.split('_').filter((word) => !['', 'MS', 'BYTES', 'TRINETRA', 'WORKER'].includes(word));
  return words.toSorted().join('_');
}

const byWords: ReadonlyMap<string, SettingName> = new Map(names.map((name) => [wordsOf(name), name]));

function meantBy(name: string): SettingName | undefined {
  const plain = name.toUpperCase().replaceAll(/[-.]/g, '_');
  const sameWords = byWords.get(wordsOf(plain));
  if (sameWords !== undefined) return sameWords;
  const near = names
    .map((setting) => ({ setting, errors: editDistance(plain, setting) }))
    .filter(({ setting, errors }) => errors <= allowedErrors(Math.min(plain.length, setting.length)))
    .toSorted((a, b) => a.errors - b.errors);
  return near[0]?.setting;
}

export interface MistypedVariable {
  readonly name: string;
  readonly meant: SettingName;
}

/**
 * Variables that the worker does not know and whose names look like one of its settings. Only names are looked at. What other programs
 * call a setting counts where the setting itself is not there: with it, the variable is likely theirs.
 */
export function mistypedVariables(env: Readonly<Record<string, string | undefined>>): MistypedVariable[] {
  return Object.keys(env)
    .filter((name) => !Object.hasOwn(settings, name))
    .toSorted()
    .flatMap((name) => {
      const other = Object.hasOwn(otherNames, name) ? otherNames[name] : undefined;
      const meant = other === undefined ? meantBy(name) : env[other] === undefined ? other : undefined;
      return meant === undefined ? [] : [{ name, meant }];
    });
}

/** The warning about one; never its value, which may be a password. */
export const unknownVariable = (name: string, meant: SettingName): string =>
  `the worker does not know the variable ${printable(name)}, so it changes nothing: ${meant} is likely meant`;
