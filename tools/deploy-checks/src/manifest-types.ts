import ts from 'typescript';
import { inRepository } from './files.ts';

/** Where the types of a kind are. */
const types: Readonly<Record<string, string>> = {
  'v1/ServiceAccount': 'kubernetes-models/v1',
  'v1/ConfigMap': 'kubernetes-models/v1',
  'apps/v1/Deployment': 'kubernetes-models/apps/v1',
  'policy/v1/PodDisruptionBudget': 'kubernetes-models/policy/v1',
  'networking.k8s.io/v1/NetworkPolicy': 'kubernetes-models/networking.k8s.io/v1',
  'keda.sh/v1alpha1/ScaledObject': '@kubernetes-models/keda/keda.sh/v1alpha1',
  'monitoring.coreos.com/v1/PodMonitor': '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
  'monitoring.coreos.com/v1/PrometheusRule':
    '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
};

/** A manifest as far as it must be known here. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

/** The compiler's own files and the types, parsed once. */
const parsed = new Map<string, ts.SourceFile | undefined>();

const file = inRepository('tools/deploy-checks/src/manifests.virtual.ts');

/**
 * Problems of manifests: fields that do not exist, wrong types, missing fields, told by the compiler from the types that
 * are made of Kubernetes' and the operators' own schemas.
 *
 * @throws for a kind that is not known here.
 */
export function typeProblems(manifests: readonly Manifest[]): string[] {
  const lines = manifests.map((manifest, index) => {
    const { apiVersion, kind, metadata } = manifest;
    const module = types[`${apiVersion}/${kind}`];
    if (module === undefined) throw new Error(`expected a known kind but received ${apiVersion}/${kind}`);
    const name = JSON.stringify(`${kind}/${metadata.name}`);
    return `import type { I${kind} as T${index} } from '${module}';
export const m${index}: { ${name}: T${index} } = { ${name}: ${JSON.stringify(manifest)} };`;
  });
  const source = lines.join('\n');
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (path) => path === file || fileExists.call(host, path);
  host.readFile = (path) => (path === file ? source : readFile.call(host, path));
  host.getSourceFile = (path, language) => {
    if (path === file) return ts.createSourceFile(path, source, language);
    if (!parsed.has(path)) parsed.set(path, getSourceFile.call(host, path, language));
    return parsed.get(path);
  };
  const program = ts.createProgram([file], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}
