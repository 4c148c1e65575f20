import type { ReportInput, ReportRun } from '../report-input.js';
import { type Html, html } from './html.js';
import { htmlTable } from './tables.js';

/** Where and with what each run was made, and what its config says of it. */
export function runsHtml({ groups }: ReportInput): Html {
  const runs = groups.flatMap((group) => group.runs);
  const facts = [...new Set(runs.flatMap(({ environment }) => environment.map(([name]) => name)))];
  const of = ({ environment }: ReportRun, fact: string) =>
    environment.find(([name]) => name === fact)?.[1] ?? 'not known';
  const noted = groups.flatMap(({ name, runs: [first] }) =>
    first.notes === '' ? [] : [{ name, notes: first.notes }],
  );
  return html`<section id="runs">
<h2>Runs</h2>
<p>Test images were measured, and selected nothing.</p>
${htmlTable(
  [['run', ...facts], ...runs.map((run) => [run.name, ...facts.map((fact) => of(run, fact))])],
  'Machine, program and data of each run',
)}
${noted.map(({ name, notes }) => html`<h3>Notes of ${name}</h3><p>${notes}</p>`)}
</section>
`;
}
