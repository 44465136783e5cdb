import { silentLogger } from '@trinetra/contracts';
import { expect, it } from 'vitest';
import { ExportLog } from './export-log.ts';

it('tells once that the receiver is away, nothing of the SDK meanwhile, and what was lost when it is back', () => {
  const lines: string[] = [];
  const log = new ExportLog({
    ...silentLogger,
    info: (fields, message) => lines.push(`${message} ${JSON.stringify(fields)}`),
    warn: (fields, message) => lines.push(`${message.slice(0, 21)} ${JSON.stringify(fields)}`),
  });
  log.sent();
  log.failed(512, new Error('connect ECONNREFUSED'));
  log.diagnostics.warn('Dropped 7 spans');
  log.failed(100, undefined);
  log.unsent();
  log.sent();
  log.sent();
  log.diagnostics.warn('Dropped 8 spans');
  expect(lines).toEqual([
    'traces cannot be sent {"error":"connect ECONNREFUSED"}',
    'traces are sent again {"lost":612}',
    'OpenTelemetry warns {"detail":"Dropped 8 spans"}',
  ]);
});
