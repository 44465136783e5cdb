import { editDistance } from './edit-distance.ts';
import type { Environment, SettingsTable } from './setting.ts';

/** A variable that changes nothing, and the setting that is likely meant. */
export interface MistypedVariable {
  readonly name: string;
  readonly meant: string;
}

/** Typing errors that a name of so many letters may hold: none where a short one is easily another word. */
const allowedErrors = (length: number): number => (length < 6 ? 0 : length < 12 ? 1 : 2);

/** Its words in the order of the alphabet, without units and without who it is for. */
function wordsOf(name: string): string {
  const words = name.split('_').filter((word) => !['', 'MS', 'BYTES', 'TRINETRA', 'WORKER'].includes(word));
  return words.toSorted().join('_');
}

function meantBy(name: string, names: readonly string[]): string | undefined {
  const plain = name.toUpperCase().replaceAll(/[-.]/g, '_');
  const sameWords = names.find((setting) => wordsOf(setting) === wordsOf(plain));
  if (sameWords !== undefined) return sameWords;
  const near = names
    .map((setting) => ({ setting, errors: editDistance(plain, setting) }))
    .filter(({ setting, errors }) => errors <= allowedErrors(Math.min(plain.length, setting.length)))
    .toSorted((a, b) => a.errors - b.errors);
  return near[0]?.setting;
}

/**
 * Variables that are no setting and whose names look like one. Only names are looked at. What other programs call a setting counts
 * where the setting itself is not there: with it, the variable is likely theirs.
 */
export function mistypedVariables(table: SettingsTable, env: Environment): MistypedVariable[] {
  const names = Object.keys(table);
  return Object.keys(env)
    .filter((name) => !Object.hasOwn(table, name))
    .toSorted()
    .flatMap((name) => {
      const other = names.find((setting) => table[setting]?.also?.includes(name));
      const meant = other === undefined ? meantBy(name, names) : env[other] === undefined ? other : undefined;
      return meant === undefined ? [] : [{ name, meant }];
    });
}
