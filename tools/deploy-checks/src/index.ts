export { type ExpectedAlert, firingProblem } from './firing.ts';
export { Recording, type Scrape, scrape, type Target } from './recording.ts';
export { findTool } from './tools.ts';
