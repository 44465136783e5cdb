import { byId, create, fillList, setText } from './dom.js';

/** @typedef {import('../src/snapshot.ts').StatusSnapshot} StatusSnapshot */
/** @typedef {import('../src/snapshot.ts').Problem} Problem */

/** Problems shown at once; the others fold. Three fit above the figures on a phone. */
const maxShown = 3;

/** The strip of problems at the top, the state in the header, the title of the window, and what a screen reader is told. */
export function createProblems() {
  const strip = byId('problems', HTMLElement);
  const more = byId('more-problems', HTMLDetailsElement);
  const announcement = byId('announcement', HTMLElement);
  const state = byId('state', HTMLElement);
  /** @type {string | undefined} */
  let worst;

  /** @param {readonly Problem[]} problems */
  const showStrip = (problems) => {
    strip.hidden = problems.length === 0;
    more.hidden = problems.length <= maxShown;
    fillList(byId('problem-list', HTMLUListElement), problems.slice(0, maxShown), makeProblem, fillProblem);
    fillList(byId('more-problem-list', HTMLUListElement), problems.slice(maxShown), makeProblem, fillProblem);
    const count = problems.length - maxShown;
    setText(
      byId('more-problems-title', HTMLElement),
      count === 1 ? '1 more problem' : `${count} more problems`,
    );
    strip.dataset['worst'] = problems[0]?.severity ?? '';
  };

  /** Tells a change of the worst problem, once. @param {readonly Problem[]} problems @param {string} name */
  const tell = (problems, name) => {
    const first = problems[0];
    document.title = first === undefined ? name : `⚠ ${first.title} · ${name}`;
    const now = first?.id ?? '';
    if (now === worst) return;
    if (first !== undefined) setText(announcement, `${first.text} ${first.action}`);
    else if (worst !== undefined) setText(announcement, 'No problems any more.');
    worst = now;
  };

  return {
    /** @param {StatusSnapshot} snapshot @param {string} name for the title of the window */
    show({ problems, state: { ready, parts } }, name) {
      showStrip(problems);
      tell(problems, name);
      const away = parts.filter(({ ok }) => !ok).map((part) => part.name);
      const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
      const kind = !ready
        ? 'not-ready'
        : problems.length === 0
          ? 'ready'
          : (problems[0]?.severity ?? 'warning');
      state.dataset['state'] = kind;
      if (!ready) setText(state, ['Not ready', away.join(', ')].filter(Boolean).join(': '));
      else setText(state, problems.length === 0 ? 'Ready' : `Ready, ${count}`);
    },
    /** The worker is gone: what the page shows is old. @param {Problem} lost @param {readonly Problem[]} before */
    showLost(lost, before, name = '') {
      showStrip([lost, ...before]);
      tell([lost], name);
      state.dataset['state'] = 'unknown';
      setText(state, 'Not connected');
    },
  };
}

function makeProblem() {
  const item = create('li');
  const help = create('a', 'More');
  help.target = '_blank';
  help.rel = 'noopener noreferrer';
  const text = create('p');
  text.append(create('strong'), ' ', create('span'), ' ', help);
  item.append(text, create('p', '', 'detail'));
  return item;
}

/** @param {HTMLElement} item @param {Problem} problem */
function fillProblem(item, { id, severity, text, action, detail, help }) {
  item.dataset['problem'] = id;
  item.dataset['severity'] = severity;
  const [sentence, what, link] = item.querySelectorAll('strong, span, a');
  if (sentence !== undefined) setText(sentence, text);
  if (what !== undefined) setText(what, action);
  const said = item.querySelector('.detail');
  if (said instanceof HTMLElement) {
    said.hidden = detail === undefined;
    setText(said, detail ?? '');
  }
  if (!(link instanceof HTMLAnchorElement)) return;
  link.hidden = help.url === '';
  if (link.href !== help.url) link.href = help.url;
  link.title = `docs/TROUBLESHOOTING.md: ${help.heading}`;
  setText(link, `More: ${help.heading}`);
}
