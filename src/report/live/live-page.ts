import { drawFigures } from '../draw.js';
import { figureHtml } from '../page/figures.js';
import { type Html, html, rawHtml } from '../page/html.js';
import { STYLE } from '../page/style.js';
import { withOwnIds } from '../report.js';
import { shown } from '../value-text.js';
import type { LiveRun } from './live-run.js';
import { liveSections } from './live-sections.js';

const LIVE_STYLE = `
h1 small{font-weight:400;color:var(--muted);font-size:.6em;white-space:nowrap}
.state{text-align:left}
tbody th label{display:flex;gap:.5rem;align-items:center;min-height:1.75rem}
input[type=checkbox]{width:1.1rem;height:1.1rem;flex:none;accent-color:var(--c1)}
progress{display:block;width:9rem;height:.5rem;accent-color:var(--c1)}
.damaged,.lost{color:var(--c2)}
`;

/** The page's style sheet. */
export const LIVE_CSS = `${STYLE}${LIVE_STYLE}`;

/** The whole page; its script asks for `content` again and again. @param content of `liveContent` */
export function livePage(content: string, version: string): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>bayescnn: runs</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="ui.css">
<script src="ui.js" defer></script>
</head>
<body>
<header><h1>Runs <small id="state" role="status">as of now</small></h1></header>
<main>${rawHtml(content)}</main>
<noscript><p>Without scripts this page stays as it is: load it again to see more.</p></noscript>
<footer><p>bayescnn ${version}, <code>bayescnn ui</code>. Served from this machine to this machine; nothing is loaded from elsewhere.</p></footer>
</body>
</html>
`.text;
}

/** What changes: the table of all runs, and plots of those that are shown. Equal input gives equal bytes. */
export async function liveContent(runs: readonly LiveRun[]): Promise<string> {
  const drawn = runs.filter((run) => run.shown && run.state !== 'damaged');
  const sections = withOwnIds(liveSections(drawn));
  const figures = await drawFigures(sections.flatMap((section) => section.figures));
  const byId = new Map(figures.map((figure) => [figure.id, figure]));
  return html`
${tableHtml(runs)}
${warningsHtml(drawn)}
${drawn.length > 0 && sections.length === 0 && html`<p>No epoch has ended yet.</p>`}
${sections.map(
  ({ id, title, lead, figures: own }) => html`<section id="${id}">
<h2>${title}</h2>
<p>${lead}</p>
<div class="plots">
${own.flatMap((figure) => byId.get(figure.id) ?? []).map(figureHtml)}</div>
</section>
`,
)}`.text;
}

const COLUMNS = [
  ['test accuracy %', 'test_accuracy', 'share'],
  ['NLL', 'test_nll', 'figure'],
  ['ECE', 'ece', 'figure'],
  ['entropy', 'predictive_entropy', 'figure'],
  ['mutual information', 'mutual_information', 'figure'],
  ['KL', 'train_kl', 'count'],
  ['images/s', 'images_per_second', 'count'],
] as const;

function tableHtml(runs: readonly LiveRun[]): Html {
  if (runs.length === 0) return html`<p>There are no runs here yet. They appear when training begins.</p>`;
  return html`<div class="table" role="region" aria-label="Runs and their last evaluated epoch" tabindex="0" id="runs"><table>
<thead><tr><th scope="col">run</th><th scope="col" class="state">state</th>${COLUMNS.map(([head]) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>
${runs.map(rowHtml)}</tbody></table></div>
`;
}

function rowHtml({ name, state, shown: checked, progress, epoch, epochs, latest }: LiveRun): Html {
  const box = html`<input type="checkbox" name="run" value="${name}"${checked && rawHtml(' checked')}>`;
  const bar =
    state === 'running' &&
    html`<progress value="${epoch}" max="${epochs}" aria-label="epochs of ${name}"></progress>`;
  return html`<tr><th scope="row"><label>${box}${name}</label></th><td class="state ${state}">${progress}${bar}</td>${COLUMNS.map(
    ([, column, kind]) => html`<td>${valueText(latest?.[column] ?? null, kind)}</td>`,
  )}</tr>
`;
}

function valueText(value: number | null, kind: (typeof COLUMNS)[number][2]): string {
  return value === null ? '–' : shown(value, kind);
}

function warningsHtml(runs: readonly LiveRun[]): Html | null {
  const all = runs.flatMap(({ name, warnings }) => warnings.map((warning) => `${name}: ${warning}`));
  if (all.length === 0) return null;
  return html`<section class="answer" id="warnings">
<h2>Warnings</h2>
<ul>${all.map((warning) => html`<li>${warning}</li>`)}</ul>
</section>
`;
}
