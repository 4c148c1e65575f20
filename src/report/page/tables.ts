import type { Cells } from '../table.js';
import { type Html, html } from './html.js';

/**
 * A table with heads in its first row and first column; wider than the page it scrolls by itself, by keyboard too.
 * @param label what the table holds, for those who do not see it
 */
export function htmlTable([heads, ...rows]: Cells, label: string): Html {
  const row = ([first, ...others]: readonly string[]) =>
    html`<tr><th scope="row">${first}</th>${others.map((cell) => html`<td>${cell}</td>`)}</tr>\n`;
  return html`<div class="table" role="region" aria-label="${label}" tabindex="0"><table>
<thead><tr>${heads.map((head) => (head === '' ? html`<td></td>` : html`<th scope="col">${head}</th>`))}</tr></thead>
<tbody>
${rows.map(row)}</tbody></table></div>\n`;
}
