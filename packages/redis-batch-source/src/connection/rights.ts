import type { RedisBatchSourceSettings } from '../options.ts';

/** A command that changes nothing, run to see whether the user may run it. */
export interface Probe {
  readonly command: readonly [string, ...(string | number)[]];
  /** What an ACL line must hold. */
  readonly right: string;
}

/** No group has this name. */
const noGroup = 'trinetra-rights-probe';
/** Redis says that these are no ids, but only to whoever has the right to the command. */
const [noId, idOfNoEntry] = ['no-id', '0-0'];

/** A key that the pattern matches. A pattern without wildcards names a stream that is there. */
function matchingKey(pattern: string): string {
  const literal = pattern.replaceAll(/\[\^?(\\?.)[^\]]*\]/g, '$1').replaceAll(/\\(.)/g, '$1');
  return literal.replaceAll('*', 'trinetra-rights-probe').replaceAll('?', '_');
}

/**
 * One harmless call of every command that is needed: each names a group that does not exist, or an id that is none, and so
 * changes nothing even at a stream that is there. Redis 7.0 does not say which command of a script it refused, and a right
 * that is missing would show at the first dead letter only.
 */
export function rightsProbes(
  settings: Pick<RedisBatchSourceSettings, 'streamPattern' | 'deadLetterPrefix' | 'deleteAcked'>,
): Probe[] {
  const { deadLetterPrefix, deleteAcked } = settings;
  const key = matchingKey(settings.streamPattern);
  const letters = `${deadLetterPrefix}trinetra-rights-probe`;
  const probe = (right: string, ...command: Probe['command']): Probe => ({ command, right });
  return [
    probe(`~${settings.streamPattern}`, 'XLEN', key),
    probe('+xlen', 'XLEN', key),
    probe('+xrange', 'XRANGE', key, '+', '-', 'COUNT', 1),
    probe('+xinfo|stream', 'XINFO', 'STREAM', key, 'probe'),
    probe('+xinfo|groups', 'XINFO', 'GROUPS', key),
    probe('+xinfo|consumers', 'XINFO', 'CONSUMERS', key, noGroup),
    probe('+xgroup|create', 'XGROUP', 'CREATE', key, noGroup, noId),
    probe('+xgroup|setid', 'XGROUP', 'SETID', key, noGroup, noId),
    probe('+xgroup|delconsumer', 'XGROUP', 'DELCONSUMER', key, noGroup, 'nobody'),
    probe('+xreadgroup', 'XREADGROUP', 'GROUP', noGroup, 'nobody', 'COUNT', 1, 'STREAMS', key, '>'),
    probe('+xpending', 'XPENDING', key, noGroup),
    probe('+xclaim', 'XCLAIM', key, noGroup, 'nobody', 0, '0-1'),
    probe('+xack', 'XACK', key, noGroup, '0-1'),
    ...(deleteAcked === 'off' ? [] : [probe('+xdel', 'XDEL', key, noId)]),
    probe(`~${deadLetterPrefix}*`, 'XLEN', letters),
    probe('+xadd', 'XADD', letters, 'NOMKSTREAM', idOfNoEntry, 'probe', '1'),
    probe('+info', 'INFO', 'server'),
    probe('+scan', 'SCAN', 0, 'MATCH', key, 'COUNT', 1),
    probe('+time', 'TIME'),
    probe('+eval', 'EVAL', 'return 1', 0),
    probe('+evalsha', 'EVALSHA', '0'.repeat(40), 0),
  ];
}

/** The same for what a dead-letter store does. */
export function deadLetterProbes(
  settings: Pick<RedisBatchSourceSettings, 'streamPattern' | 'deadLetterPrefix'>,
): Probe[] {
  const key = matchingKey(settings.streamPattern);
  const letters = `${settings.deadLetterPrefix}trinetra-rights-probe`;
  return [
    { right: `~${settings.streamPattern}`, command: ['XADD', key, 'NOMKSTREAM', idOfNoEntry, 'probe', '1'] },
    { right: '+xadd', command: ['XADD', key, 'NOMKSTREAM', idOfNoEntry, 'probe', '1'] },
    { right: `~${settings.deadLetterPrefix}*`, command: ['XDEL', letters, noId] },
    { right: '+xdel', command: ['XDEL', letters, noId] },
    { right: '+xrange', command: ['XRANGE', letters, '+', '-', 'COUNT', 1] },
    { right: '+xlen', command: ['XLEN', letters] },
    { right: '+info', command: ['INFO', 'server'] },
    { right: '+scan', command: ['SCAN', 0, 'MATCH', letters, 'COUNT', 1] },
    { right: '+eval', command: ['EVAL', 'return 1', 0] },
    { right: '+evalsha', command: ['EVALSHA', '0'.repeat(40), 0] },
  ];
}

/** The rights whose probes were refused: a refused key hides nothing of the command, and the other way round. */
export function missingRights(probes: readonly Probe[], refusals: readonly (string | undefined)[]): string[] {
  return probes.flatMap(({ right }, index) => {
    const text = refusals[index];
    if (text === undefined || !text.startsWith('NOPERM')) return [];
    const aboutKey = /\bkeys?\b/.test(text);
    return aboutKey === right.startsWith('~') ? [right] : [];
  });
}
