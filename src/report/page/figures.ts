import type { DrawnFigure } from '../draw.js';
import { type Html, html, rawHtml } from './html.js';
import { htmlTable } from './tables.js';

/** A plot with its caption, and its numbers behind a fold. */
export function figureHtml({ id, title, caption, svg, data }: DrawnFigure): Html {
  const plot = svg.replace('<svg ', `<svg role="img" aria-labelledby="${id}-title ${id}-text" `);
  return html`<figure id="${id}">
${rawHtml(plot)}
<figcaption><h3 id="${id}-title">${title}</h3><p id="${id}-text">${caption}</p></figcaption>
<details><summary>Numbers</summary>${htmlTable(data, `Numbers of the plot: ${title}`)}</details>
</figure>
`;
}
