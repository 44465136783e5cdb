import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compilers, type Team } from './consumer.ts';

/**
 * Type-checks a file that imports everything, as strictly as it goes and declarations of packages included.
 *
 * @param folder Where the packages are installed.
 * @param options `hasDom`: whether the consumer has the types of browsers, too.
 * @returns what a compiler complains about, after its version; nothing if none does.
 */
export async function complaintsOfCompilers(
  team: Team,
  folder: string,
  imports: readonly string[],
  { hasDom }: { readonly hasDom: boolean },
): Promise<string[]> {
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    target: 'es2023',
    lib: ['es2024', 'esnext.disposable', ...(hasDom ? ['dom'] : [])],
    module: 'nodenext',
    types: [], // packages bring those of Node, if they need them
  };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['everything.ts'] }),
  );
  writeFileSync(
    join(folder, 'everything.ts'),
    imports.map((name, at) => `export * as package${at} from '${name}';\n`).join(''),
  );
  const complaints: string[] = [];
  for (const [version, file] of compilers) {
    const { code, text } = await team.run(folder, 'node', file, '--project', folder);
    if (code !== 0) complaints.push(`TypeScript ${version}: ${text}`);
  }
  return complaints;
}
