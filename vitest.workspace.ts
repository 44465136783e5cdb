/** The one list of test projects; vitest.config.ts imports it. */
export default ['packages/*', 'apps/*', 'tools/*', 'benchmarks'] as const;
