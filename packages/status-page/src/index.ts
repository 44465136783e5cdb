export { StatusPageError, type StatusPageErrorCode } from './errors.ts';
export type { Metric, MetricValue } from './metric.ts';
export { defaultStatusPageOptions, type StatusPageOptions } from './options.ts';
export type {
  CameraFigures,
  EngineFigures,
  Part,
  Percentiles,
  StatusSnapshot,
  WorkerState,
} from './snapshot.ts';
export { createStatusPage, type StatusPage } from './status-page.ts';
