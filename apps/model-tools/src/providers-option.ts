import { providers } from '@trinetra/person-pipeline/settings';
import { InvalidArgumentError } from 'commander';

/** Reads an option with a list of providers. @throws {InvalidArgumentError} where one is unknown. */
export function providerList(text: string): string[] {
  const parsed = providers.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(parsed.error.issues.map(({ message }) => message).join('; '));
}
