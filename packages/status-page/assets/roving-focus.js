/**
 * Moves the focus among the buttons of a grid with the arrow keys, Home and End; one of them is in the tab order.
 *
 * @param {Element} list
 * @param {KeyboardEvent} event
 */
export function moveFocus(list, event) {
  const buttons = [...list.querySelectorAll('button')];
  const active = document.activeElement;
  const at = active instanceof HTMLButtonElement ? buttons.indexOf(active) : -1;
  if (at < 0) return;
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columnsOf(list), ArrowUp: -columnsOf(list) };
  let next = at;
  if (event.key === 'Home') next = 0;
  else if (event.key === 'End') next = buttons.length - 1;
  else if (event.key in steps) next = at + steps[/** @type {keyof typeof steps} */ (event.key)];
  else return;
  event.preventDefault();
  const target = buttons[next];
  if (target === undefined) return;
  for (const button of buttons) button.tabIndex = -1;
  target.tabIndex = 0;
  target.focus();
}

/** Tiles in a row, as the layout has them. @param {Element} list */
function columnsOf(list) {
  const top = list.firstElementChild?.getBoundingClientRect().top;
  return [...list.children].filter((child) => child.getBoundingClientRect().top === top).length || 1;
}
