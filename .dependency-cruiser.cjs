/** Imports point one way: contracts and inference-runtime at the bottom, apps at the top. */
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: `^packages/(${from})/(src|assets)`, pathNot: '\\.test\\.ts$' },
  to: { path: '^(packages|apps)/', pathNot: `^packages/($1${allowed.map((one) => `|${one}`).join('')})/` },
});

module.exports = {
  forbidden: [
    only('contracts-import-nothing-of-ours', 'contracts', []),
    only(
      'libraries-import-contracts-only',
      'env-settings|redis-batch-source|frame-decoder|micro-batch|kafka-sink|telemetry|tracing|status-page|inference-runtime|face-geometry',
      ['contracts'],
    ),
    only('model-packages-import-the-runtime-only', 'detector|embedder', ['contracts', 'inference-runtime']),
    only('face-aligner-imports-the-geometry-too', 'face-aligner', [
      'contracts',
      'inference-runtime',
      'face-geometry',
    ]),
    only('person-pipeline-imports-what-it-runs', 'person-pipeline', [
      'contracts',
      'env-settings',
      'frame-decoder',
      'inference-runtime',
      'micro-batch',
      'detector',
      'face-aligner',
      'embedder',
    ]),
    {
      name: 'packages-import-no-app',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^apps/' },
    },
    {
      name: 'apps-import-no-other-app',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    { name: 'no-unknown-imports', severity: 'error', from: {}, to: { couldNotResolve: true } },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: ['node_modules', 'dist'] },
    exclude: { path: ['\\.test\\.ts$', '(^|/)test/'] },
    tsConfig: { fileName: 'tsconfig.base.json' },
    tsPreCompilationDeps: true, // type-only imports, too
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@trinetra/source', 'import', 'default', 'types'],
    },
  },
};
