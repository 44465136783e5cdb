// HEALTHCHECK of the image: exits 0 if the worker in this container answers on /health.
const { METRICS_HOST, METRICS_PORT } = process.env;
const wildcard = [undefined, '', '0.0.0.0', '::'].includes(METRICS_HOST);
const host = wildcard ? '127.0.0.1' : METRICS_HOST.includes(':') ? `[${METRICS_HOST}]` : METRICS_HOST;
const url = `http://${host}:${METRICS_PORT || '8002'}/health`;
try {
  const { status } = await fetch(url, { signal: AbortSignal.timeout(2500) });
  if (status !== 200) throw new Error(`expected 200 but received ${status}`);
} catch (error) {
  console.error(`${url}: ${error.cause?.code ?? error.message}`);
  process.exitCode = 1;
}
