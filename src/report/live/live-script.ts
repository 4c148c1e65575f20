/**
 * The page's script: asks for the content every second and puts in what changed. Plots that are the same stay, with
 * their opened folds; what has the focus keeps it. The address tells which runs are shown.
 */
export const LIVE_JS = `'use strict';
const main = document.querySelector('main');
const state = document.querySelector('#state');
const sources = new WeakMap();
let etag = '';
let asked = 0;
let waiting = false;

const parts = (root) => [...root.querySelectorAll('figure[id]')];
const remember = () => {
  for (const part of parts(main)) if (!sources.has(part)) sources.set(part, part.outerHTML);
};
const nameOf = (box) => box?.matches?.('input[name=run]') ? box.value : undefined;

function show(text) {
  const next = new DOMParser().parseFromString('<main>' + text + '</main>', 'text/html').querySelector('main');
  const before = new Map(parts(main).map((part) => [part.id, part]));
  for (const part of parts(next)) {
    const old = before.get(part.id);
    if (old === undefined) continue;
    if (sources.get(old) === part.outerHTML) part.replaceWith(old);
    else if (old.querySelector('details')?.open) {
      sources.set(part, part.outerHTML);
      part.querySelector('details').open = true;
    }
  }
  const [focused, active] = [nameOf(document.activeElement), document.activeElement];
  const place = main.querySelector('#runs')?.scrollLeft ?? 0;
  main.replaceChildren(...next.childNodes);
  remember();
  const table = main.querySelector('#runs');
  if (table) table.scrollLeft = place;
  if (focused !== undefined)
    [...main.querySelectorAll('input[name=run]')].find((box) => box.value === focused)?.focus();
  else if (active?.id === 'runs') table?.focus();
  else if (active?.isConnected) active.focus();
}

function tell(text, lost) {
  if (state.textContent !== text) state.textContent = text;
  state.classList.toggle('lost', lost);
}

async function ask() {
  const number = ++asked;
  waiting = true;
  try {
    const response = await fetch('content' + location.search, { headers: etag ? { 'If-None-Match': etag } : {} });
    if (number !== asked) return;
    if (response.status === 200) {
      const text = await response.text();
      if (number !== asked) return;
      etag = response.headers.get('ETag') ?? '';
      show(text);
    } else if (response.status !== 304) throw new Error(String(response.status));
    tell('live', false);
  } catch {
    if (number === asked) tell('the server has stopped; start bayescnn ui again', true);
  }
  if (number === asked) waiting = false;
}

main.addEventListener('change', (event) => {
  if (nameOf(event.target) === undefined) return;
  const shown = [...main.querySelectorAll('input[name=run]:checked')].map((box) => ['run', box.value]);
  const query = new URLSearchParams(shown.length > 0 ? shown : [['run', '']]);
  history.replaceState(null, '', '?' + query);
  etag = '';
  ask();
});

remember();
ask();
setInterval(() => { if (!document.hidden && !waiting) ask(); }, 1000);
document.addEventListener('visibilitychange', () => { if (!document.hidden) ask(); });
`;
