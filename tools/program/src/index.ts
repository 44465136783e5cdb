export { allowNoReader } from './allow-no-reader.ts';
export { escapeXml } from './escape-xml.ts';
export { exitCodeOf, UsageError } from './exit-code.ts';
export { formatTable } from './format-table.ts';
export { stopOnSignals } from './stop-on-signals.ts';
export { versionOf } from './version.ts';
