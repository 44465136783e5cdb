import { byId, setText } from './dom.js';

const themes = ['system', 'light', 'dark'];
const key = 'trinetra-theme';

/** The button that goes through system, light and dark; the choice is kept in this browser. */
export function startTheme() {
  const button = byId('theme', HTMLButtonElement);
  let theme = localStorage.getItem(key) ?? 'system';
  const show = () => {
    document.documentElement.dataset['theme'] = theme;
    setText(button, `Theme: ${theme}`);
  };
  button.addEventListener('click', () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system';
    localStorage.setItem(key, theme);
    show();
  });
  if (!themes.includes(theme)) theme = 'system';
  show();
}
