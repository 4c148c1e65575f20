import { answerOf } from '../answer.js';
import {
  comparisonTitle,
  differenceLines,
  groupCells,
  mcnemarCells,
  methodText,
  metricCells,
} from '../comparison-text.js';
import type { DrawnFigure } from '../draw.js';
import type { ReportInput } from '../report-input.js';
import type { Section } from '../sections.js';
import { WHOLE } from '../value-text.js';
import { answerHtml } from './answers.js';
import { figureHtml } from './figures.js';
import { type Html, html, rawHtml } from './html.js';
import { imagesHtml } from './images.js';
import { runsHtml } from './runs.js';
import { STYLE } from './style.js';
import { htmlTable } from './tables.js';

/** Says in the file itself what made it: a report may be replaced by a report, and nothing else. */
export const GENERATOR = '<meta name="generator" content="bayescnn report">';

/** A section whose plots are drawn. */
export interface DrawnSection extends Omit<Section, 'figures'> {
  readonly figures: readonly DrawnFigure[];
}

/** The whole page: one file without scripts that loads nothing. Equal input gives equal bytes. */
export function reportPage(input: ReportInput, sections: readonly DrawnSection[]): string {
  const title = titleOf(input);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${rawHtml(GENERATOR)}
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${title}</title>
<style>${rawHtml(STYLE)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="muted">${subtitle(input)}</p>
${contents(input, sections)}
</header>
<main>
${input.comparison.comparisons.map((comparison) => answerHtml(answerOf(comparison, input.comparison.groups)))}
${warningsHtml(input)}
${numbersHtml(input)}
${sections.map(sectionHtml)}
${imagesHtml(input)}
${missingHtml(input)}
${testsHtml(input)}
${runsHtml(input)}
</main>
<footer><p>Made by bayescnn ${input.version}, <code>bayescnn report</code>. No scripts, nothing loaded from elsewhere.</p></footer>
</body>
</html>
`;
  return page.text;
}

function titleOf({ groups }: ReportInput): string {
  if (groups.length === 1) return `Results of ${groups[0].name}`;
  const mixed = groups.some(({ bayesian }) => bayesian) && groups.some(({ bayesian }) => !bayesian);
  if (mixed) return 'What does making the CNN Bayesian buy, and what does it cost?';
  return `Results of ${groups.map(({ name }) => name).join(', ')}`;
}

function subtitle({ groups }: ReportInput): string {
  const runs = groups.reduce((sum, group) => sum + group.runs.length, 0);
  const images = [...new Set(groups.flatMap((group) => group.runs.map(({ scores }) => scores.nll.length)))];
  const names = groups.map((group) => `${group.name} (${count(group.runs.length, 'run')})`).join(', ');
  return `${count(runs, 'run')}: ${names}. Evaluated on ${images.map((n) => WHOLE.format(n)).join(' or ')} test images.`;
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

function contents({ groups }: ReportInput, sections: readonly DrawnSection[]): Html {
  const pictures = groups.some(({ runs }) => runs.some(({ evaluation }) => evaluation?.images.length));
  const links: [string, string][] = [
    ['numbers', 'Numbers'],
    ...sections.map(({ id, title }): [string, string] => [id, title.replace(/:.*/, '')]),
    ...(pictures ? [['images', 'Images'] satisfies [string, string]] : []),
    ['runs', 'Runs'],
  ];
  return html`<nav aria-label="Contents"><ul>${links.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>`;
}

/** Of the comparison, and of each run's training. */
function warningsHtml({ comparison, groups }: ReportInput): Html | null {
  const ofRuns = groups.flatMap(({ runs }) =>
    runs.flatMap(({ name, warnings }) => warnings.map((warning) => `${name}: ${warning}`)),
  );
  const all = [...comparison.warnings, ...ofRuns];
  if (all.length === 0) return null;
  return html`<section class="answer" id="warnings">
<h2>Warnings</h2>
<ul>${all.map((warning) => html`<li>${warning}</li>`)}</ul>
</section>
`;
}

function numbersHtml({ comparison }: ReportInput): Html {
  const repeated = comparison.groups.some(({ runs }) => runs.length > 1);
  const spread = repeated
    ? 'Mean ± standard deviation over the runs of a group, which differ in their seed alone.'
    : 'One run a group: nothing is known of the spread over seeds. Train more with --set seed=1 and so on.';
  return html`<section id="numbers">
<h2>Numbers</h2>
<p>${spread} Lower is better but for accuracy; entropies in nats.</p>
${htmlTable(groupCells(comparison.groups), 'Metrics and costs of each group')}
</section>
`;
}

function sectionHtml({ id, title, lead, figures }: DrawnSection): Html {
  return html`<section id="${id}">
<h2>${title}</h2>
<p>${lead}</p>
<div class="plots">
${figures.map(figureHtml)}</div>
</section>
`;
}

/** What the page could also show, where nothing of it was measured. */
function missingHtml({ groups }: ReportInput): Html | null {
  if (groups.some(({ runs }) => runs.some(({ evaluation }) => evaluation !== null))) return null;
  return html`<section id="missing">
<h2>Not measured</h2>
<p>Images out of distribution, corrupted images, the effect of the number of posterior samples, and the images that the models
are surest and least sure of. They need the images: <code>bayescnn report RUN... --evaluate</code>.</p>
</section>
`;
}

function testsHtml({ comparison }: ReportInput): Html | null {
  const { comparisons } = comparison;
  if (comparisons.length === 0) return null;
  return html`<section id="tests">
<h2>Tests behind the verdict</h2>
<p>${methodText(comparison)}</p>
${comparisons.map(
  (each) => html`<h3>${comparisonTitle(each)}</h3>
${htmlTable(metricCells(each.metrics), `Tests: ${comparisonTitle(each)}`)}
${each.mcnemar.length > 0 && htmlTable(mcnemarCells(each), `McNemar's test: ${comparisonTitle(each)}`)}`,
)}
${differencesHtml('Settings that differ', comparison.settings)}
${differencesHtml('Environment that differs', comparison.environment)}
</section>
`;
}

function differencesHtml(title: string, list: ReportInput['comparison']['settings']): Html {
  const [head, ...lines] = differenceLines(title, list);
  return html`<h3>${head}</h3>
<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>
`;
}
