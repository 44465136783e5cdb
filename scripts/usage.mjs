/**
 * Ends with exit code 2 where the command line holds an option that this script does not know, or names where it takes none.
 *
 * @param usage As `npm test`.
 */
export function checkUsage(usage, { options = [], names = 0 } = {}) {
  const given = process.argv.slice(2);
  const unknown = given.filter((argument) => argument.startsWith('-') && !options.includes(argument));
  const others = given.filter((argument) => !argument.startsWith('-')).slice(names);
  if (unknown.length + others.length === 0) return;
  process.stderr.write(`${[...unknown, ...others].join(' ')}: not known here, expected: ${usage}\n`);
  process.exit(2);
}
