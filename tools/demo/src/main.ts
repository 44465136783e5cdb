/** npm run demo: the whole path on this machine. */
import { TrinetraError } from '@trinetra/contracts';
import { parseOptions } from './options.ts';
import { plural } from './plural.ts';
import { type DemoResult, runDemo } from './run-demo.ts';
import { createScreen } from './screen.ts';
import { countDropped } from './summary.ts';
import { formatTable } from './table.ts';
import { watchCameras } from './watch-cameras.ts';

/** Codes of errors whose cause is what was given. */
const badInput: readonly string[] = ['invalid_options', 'bad_models'];

/**
 * Ends at once. As the process exits, it kills its children and removes their folders. With a controller the
 * first signal only aborts it.
 */
function stopOnSignals(first: AbortController | undefined): void {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => {
      if (first === undefined || first.signal.aborted) process.exit(code);
      first.abort();
    });
  }
  // Our parent is gone: nobody else would stop the demo.
  process.on('disconnect', () => process.exit(129));
  process.channel?.unref();
  // Our reader is gone, as with `| head`.
  process.stdout.once('error', () => process.exit(1));
}

function describe(result: DemoResult): string {
  const { frames_in, events_out, dropped, duplicates, embeddings, pending, unknown, unexplained } = result;
  const lines = [
    '',
    formatTable(result),
    '',
    ...result.notes,
    `${plural(frames_in, 'frame')} in, ${plural(events_out, 'event')} out, ${countDropped(dropped)} dropped, ` +
      `${unexplained} unexplained, ${plural(duplicates, 'duplicate')} by frame_id, ${plural(embeddings, 'embedding')}; ${result.seconds} s.`,
  ];
  if (unknown > 0) lines.push(`${plural(unknown, 'event')} for no frame that was sent: this is a defect.`);
  if (unexplained > 0)
    lines.push(
      `${plural(unexplained, 'frame')} with neither an event nor a counted reason: this is a defect.`,
    );
  if (pending > 0) lines.push(`${plural(pending, 'frame')} not acknowledged when the worker ended.`);
  if (result.persons_true !== undefined) lines.push(describeAgreement(result));
  lines.push(`Contact sheet: ${result.contact_sheet}`);
  return lines.join('\n');
}

const percent = (share: number | null | undefined): string =>
  share === null || share === undefined ? '-' : `${(share * 100).toFixed(1)} %`;

function describeAgreement(result: DemoResult): string {
  return (
    `Against the truth of the scenes: precision ${percent(result.precision)}, recall ${percent(result.recall)} of ` +
    `${plural(result.persons_true ?? 0, 'person')}; landmarks off by ${percent(result.landmark_error)} of the face's width.\n` +
    `Across cameras: ${percent(result.identities_matched)} of the faces are nearest to another of the same person; ` +
    `same and different are told apart with ${percent(result.identity_error)} error.`
  );
}

async function main(): Promise<void> {
  try {
    // npm runs scripts in the folder of package.json; this is the user's folder.
    const options = parseOptions(process.argv.slice(2), process.env['INIT_CWD'] ?? process.cwd());
    const screen = createScreen(options.json ? process.stderr : process.stdout);
    const isOwn = options.sources.length > 0;
    const stop = new AbortController();
    stopOnSignals(isOwn ? stop : undefined);
    if (isOwn) {
      const watched = await watchCameras(options, screen, stop.signal);
      screen.say(`${plural(watched.frames_in, 'frame')} sent, ${watched.delivered} taken by the worker.`);
      if (options.json) process.stdout.write(`${JSON.stringify(watched)}\n`);
      return;
    }
    const result = await runDemo(options, screen);
    screen.say(describe(result));
    if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    if (result.unexplained > 0 || result.unknown > 0) process.exitCode = 1;
  } catch (error) {
    const text = TrinetraError.isInstance(error) ? error.message : (error as Error).stack;
    process.stderr.write(`${text}\n`);
    process.exitCode = TrinetraError.isInstance(error) && badInput.includes(error.code) ? 2 : 1;
  }
}

await main();
