export { StatusPageError, type StatusPageErrorCode } from './errors.ts';
export type { Metric, MetricValue } from './metric.ts';
export type { StatusPageOptions } from './options.ts';
export type { Part, WorkerState } from './snapshot.ts';
export { createStatusPage, type StatusPage } from './status-page.ts';
