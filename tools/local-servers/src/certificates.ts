import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFolder, removeFolder, runCommand } from './process.ts';
import { ensureTools } from './tools.ts';

/** Paths of PEM files; `close()` removes them. */
export interface LocalCertificates extends AsyncDisposable {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** Creates an authority, and a certificate for 127.0.0.1 and localhost signed by it, both for one day. */
export async function createCertificates(): Promise<LocalCertificates> {
  ensureTools('openssl');
  const folder = await createFolder(join(tmpdir(), 'trinetra-certificates-'));
  const at = (name: string): string => join(folder, name);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const authority = ['req', '-x509', ...newKey, '-days', '1', '-subj', '/CN=local authority'];
  await runCommand('openssl', [...authority, '-keyout', at('ca.key'), '-out', at('ca.pem')]);
  const request = ['req', ...newKey, '-subj', '/CN=localhost'];
  await runCommand('openssl', [...request, '-keyout', at('server.key'), '-out', at('server.csr')]);
  await writeFile(at('names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  const sign = ['x509', '-req', '-in', at('server.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key')];
  const extras = ['-CAcreateserial', '-days', '1', '-extfile', at('names')];
  await runCommand('openssl', [...sign, ...extras, '-out', at('server.pem')]);
  return {
    caFile: at('ca.pem'),
    certFile: at('server.pem'),
    keyFile: at('server.key'),
    [Symbol.asyncDispose]: () => removeFolder(folder),
  };
}
