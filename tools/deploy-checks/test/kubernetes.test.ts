import { describe, expect, it } from 'vitest';
import { at, everywhere, inRepository, listAt, parseYaml, readText, readYaml } from '../src/files.ts';
import { type Manifest, typeProblems } from '../src/manifest-types.ts';
import { findTool, runTool } from '../src/tools.ts';
import { defaultOf, parseEnvFile, settingProblems } from '../src/worker-settings.ts';

const kubectl = findTool('kubectl');
const folder = 'deploy/kubernetes';
const own = { 'app.kubernetes.io/name': 'inference-worker' };

const plain = [
  'base/service-account.yaml',
  'base/deployment.yaml',
  'base/pod-disruption-budget.yaml',
  'components/keda/scaled-object.yaml',
  'components/monitoring/pod-monitor.yaml',
  'components/monitoring/prometheus-rule.yaml',
  'components/network-policy/network-policy.yaml',
];
const manifest = (path: string): Manifest => readYaml(`${folder}/${path}`) as Manifest;
const deployment = manifest('base/deployment.yaml');
const pod = at(deployment, 'spec', 'template', 'spec');
const container = at(pod, 'containers', 0);

function render(overlay: string): Manifest[] {
  const path = inRepository(`${folder}/overlays/${overlay}`);
  const { status, text } = runTool(kubectl ?? '', ['kustomize', path]);
  if (status !== 0) throw new Error(text);
  return parseYaml(text, overlay) as Manifest[];
}

describe('the manifests', () => {
  it('have the fields and types that Kubernetes, KEDA and the Prometheus operator know', () => {
    expect(typeProblems(plain.map(manifest))).toEqual([]);
  });

  it('are checked by something that sees a wrong field', () => {
    const wrong = structuredClone(deployment) as unknown as { spec: { template: { spec: object } } };
    Object.assign(wrong.spec.template.spec, { terminationGraceSeconds: 60 });
    const [problem] = typeProblems([wrong as unknown as Manifest]);
    expect(problem).toContain('terminationGraceSeconds');
  });

  it('select the pods of the worker, and no others', () => {
    expect(at(deployment, 'spec', 'template', 'metadata', 'labels')).toMatchObject(own);
    const ours = [
      at(deployment, 'spec', 'selector'),
      at(manifest('base/pod-disruption-budget.yaml'), 'spec', 'selector'),
      at(manifest('components/monitoring/pod-monitor.yaml'), 'spec', 'selector'),
      at(manifest('components/network-policy/network-policy.yaml'), 'spec', 'podSelector'),
      at(pod, 'topologySpreadConstraints', 0, 'labelSelector'),
    ];
    for (const selector of ours) expect(at(selector, 'matchLabels')).toEqual(own);
    const target = at(manifest('components/keda/scaled-object.yaml'), 'spec', 'scaleTargetRef', 'name');
    expect(target).toBe(deployment.metadata.name);
  });

  it('set only variables that the worker reads, to values that it takes', () => {
    const env = parseEnvFile(readText(`${folder}/base/worker.env`));
    const named = listAt(container, 'env').map((one) => [String(at(one, 'name')), 'some-text']);
    expect(settingProblems({ ...env, ...Object.fromEntries(named) })).toEqual([]);
    expect(env['METRICS_PORT']).toBe(String(at(container, 'ports', 0, 'containerPort')));
    expect(env['METRICS_PORT']).toBe(defaultOf('METRICS_PORT'));
  });

  it('name the consumer after the pod, and secrets by reference only', () => {
    const env = new Map(listAt(container, 'env').map((one) => [at(one, 'name'), at(one, 'valueFrom')]));
    expect(at(env.get('CONSUMER_NAME'), 'fieldRef', 'fieldPath')).toBe('metadata.name');
    for (const name of ['REDIS_PASSWORD', 'KAFKA_PASSWORD']) {
      expect(at(env.get(name), 'secretKeyRef', 'name')).toBe('inference-worker');
    }
    expect(readText(`${folder}/base/worker.env`)).not.toMatch(/PASSWORD|:\/\/[^/]*@/);
    for (const path of plain) expect(manifest(path).kind).not.toBe('Secret');
  });

  it('give an engine time to load, and a worker time to finish', () => {
    const probe = (name: string): unknown => at(container, name);
    const path = (name: string): unknown => at(probe(name), 'httpGet', 'path');
    expect([path('startupProbe'), path('livenessProbe'), path('readinessProbe')]).toEqual([
      '/health',
      '/health',
      '/ready',
    ]);
    const startup =
      Number(at(probe('startupProbe'), 'periodSeconds')) *
      Number(at(probe('startupProbe'), 'failureThreshold'));
    expect(startup).toBeGreaterThanOrEqual(120);
    expect(at(pod, 'terminationGracePeriodSeconds')).toBe(60);
    const { STOP_TIMEOUT_MS } = parseEnvFile(readText('deploy/kubernetes/base/worker.env'));
    expect(STOP_TIMEOUT_MS).toBe('55000'); // some seconds less
    for (const name of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
      expect(at(probe(name), 'httpGet', 'port')).toBe(at(container, 'ports', 0, 'name'));
    }
  });

  it('run without root, rights and a file system to write to', () => {
    expect(at(pod, 'securityContext', 'runAsNonRoot')).toBe(true);
    expect(at(pod, 'automountServiceAccountToken')).toBe(false);
    expect(at(container, 'securityContext')).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(at(container, 'volumeMounts', 0, 'readOnly')).toBe(true);
  });

  it('let out what the worker speaks with, and nothing else', () => {
    const policy = manifest('components/network-policy/network-policy.yaml');
    expect(at(policy, 'spec', 'policyTypes')).toEqual(['Ingress', 'Egress']);
    const ports = listAt(policy, 'spec', 'egress').flatMap((rule) => everywhere(at(rule, 'ports'), 'port'));
    const env = parseEnvFile(readText(`${folder}/base/worker.env`));
    expect(ports).toContain(Number(new URL(env['REDIS_URL'] ?? '').port));
    expect(ports).toContain(Number(env['KAFKA_BOOTSTRAP_SERVERS']?.split(':')[1]));
  });
});

describe.skipIf(kubectl === undefined)('kubectl kustomize', () => {
  it.each(['gpu', 'cpu'])('renders the overlay %s to valid manifests', (overlay) => {
    const manifests = render(overlay);
    expect(typeProblems(manifests)).toEqual([]);
    for (const one of manifests) expect(at(one, 'metadata', 'namespace'), one.kind).toBe('trinetra');
    const rendered = manifests.find(({ kind }) => kind === 'Deployment');
    const settings = manifests.find(({ kind }) => kind === 'ConfigMap');
    const reference = at(
      rendered,
      'spec',
      'template',
      'spec',
      'containers',
      0,
      'envFrom',
      0,
      'configMapRef',
      'name',
    );
    expect(reference).toBe(settings?.metadata.name);
    expect(settingProblems(at(settings, 'data') as Record<string, string>)).toEqual([]);
    const first = at(rendered, 'spec', 'template', 'spec', 'containers', 0);
    expect(at(first, 'image')).toBe(`trinetra/inference-worker:${overlay === 'gpu' ? 'cuda' : 'cpu'}`);
    expect(at(first, 'resources', 'limits', 'nvidia.com/gpu')).toBe(overlay === 'gpu' ? '1' : undefined);
    expect(at(first, 'livenessProbe')).toBeDefined();
  });
});
