import { spawnSync } from 'node:child_process';

/** Debian's Python, which has Debian's modules. */
export const debianPython = '/usr/bin/python3';

/** Succeeds if Debian's Python can serve a camera by RTSP. */
export const rtspCheck: readonly string[] = [
  '-c',
  "import gi; gi.require_version('GstRtspServer', '1.0'); gi.require_version('Gst', '1.0')\n" +
    'from gi.repository import Gst, GstRtspServer; Gst.init(None)\n' +
    "assert all(map(Gst.ElementFactory.find, ['x264enc', 'rtph264pay', 'videotestsrc', 'alawenc']))",
];

function has(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

export type Tool = 'redis-server' | 'java' | 'openssl' | 'chromium' | 'mvn' | 'ffmpeg' | 'an RTSP server';

const gstreamer = ['base', 'good', 'ugly'].map((kind) => `gstreamer1.0-plugins-${kind}`);

/** For each tool a command that succeeds if it is installed, and Debian's packages. */
const tools: Readonly<
  Record<Tool, { readonly check: readonly [string, ...string[]]; readonly debian: readonly string[] }>
> = {
  'redis-server': { check: ['redis-server', '--version'], debian: ['redis-server'] },
  java: { check: ['java', '-version'], debian: ['default-jre-headless'] },
  openssl: { check: ['openssl', 'version'], debian: ['openssl'] },
  chromium: { check: ['chromium', '--version'], debian: ['chromium'] },
  mvn: { check: ['mvn', '--version'], debian: ['maven'] },
  ffmpeg: { check: ['ffmpeg', '-version'], debian: ['ffmpeg'] },
  'an RTSP server': {
    check: [debianPython, ...rtspCheck],
    debian: ['gir1.2-gst-rtsp-server-1.0', 'python3-gi', ...gstreamer],
  },
};

/**
 * Makes sure that commands exist. Installs Debian's packages if this process is root.
 *
 * @throws with one sentence that says what to install, if that is not possible.
 */
export function ensureTools(...names: readonly Tool[]): void {
  const isMissing = (name: Tool): boolean => {
    const [command, ...args] = tools[name].check;
    return !has(command, args);
  };
  const missing = names.filter(isMissing);
  if (missing.length === 0) return;
  const packages = missing.flatMap((name) => tools[name].debian);
  if (process.getuid?.() === 0 && has('apt-get', ['--version'])) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore', env });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
      stdio: 'ignore',
      env,
    });
  }
  const left = missing.filter(isMissing);
  if (left.length > 0) {
    throw new Error(
      `${left.join(' and ')} cannot be found. Install with: sudo apt-get install ${packages.join(' ')}`,
    );
  }
}
