import { providers } from '@trinetra/person-pipeline/settings';
import { InvalidArgumentError, Option } from 'commander';

function providerList(text: string): string[] {
  const parsed = providers.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(parsed.error.issues.map(({ message }) => message).join('; '));
}

/** `--providers`, with the defaults of the worker. */
export const providersOption: Option = new Option('--providers <list>', 'as EXECUTION_PROVIDERS')
  .argParser(providerList)
  .default(['tensorrt', 'cuda', 'webgpu', 'cpu']);
