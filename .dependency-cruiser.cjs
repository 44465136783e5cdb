/** Imports point one way: contracts and inference-runtime at the bottom, apps at the top. */
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: `^packages/(${from})/(src|assets)`, pathNot: '\\.test\\.ts$' },
  to: { path: '^(packages|apps)/', pathNot: `^packages/($1${allowed.map((one) => `|${one}`).join('')})/` },
});

module.exports = {
  forbidden: [
    only('contracts-and-micro-batch-import-nothing-of-ours', 'contracts|micro-batch', []),
    only(
      'source-decoder-sink-page-import-contracts-only',
      'env-settings|redis-batch-source|frame-decoder|kafka-sink|telemetry|status-page|inference-runtime',
      ['contracts'],
    ),
    only('model-packages-import-the-runtime-only', 'detector|face-aligner|embedder', [
      'contracts',
      'inference-runtime',
    ]),
    {
      name: 'nothing-imports-an-app',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^apps/' },
    },
    { name: 'no-unknown-imports', severity: 'error', from: {}, to: { couldNotResolve: true } },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: ['node_modules', 'dist'] },
    exclude: { path: ['\\.test\\.ts$', '(^|/)test/'] },
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'default'] },
  },
};
