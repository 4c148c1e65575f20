import type { Answer } from '../answer.js';
import { type Html, html } from './html.js';

/** The verdict in words, then what is bought, what it costs, and what the tests leave open. */
export function answerHtml(answer: Answer): Html {
  const { base, other, bayesian, verdict, caveat, buys, costs, open } = answer;
  const [gain, price] = bayesian ? ['What it buys', 'What it costs'] : ['Better', 'Worse, and costs'];
  return html`<section class="answer">
<h2>${other} against ${base}</h2>
<p class="verdict">${verdict}</p>
${caveat !== null && html`<p>${caveat}</p>`}
<div class="sides">
${side(gain, buys, 'Nothing that the tests could tell from chance.')}
${side(price, costs, 'Nothing that was measured.')}
${open.length > 0 && side('No significant difference', open, '')}
</div>
</section>
`;
}

function side(title: string, lines: readonly string[], none: string): Html {
  const list = html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`;
  return html`<div><h3>${title}</h3>${lines.length > 0 ? list : html`<p class="muted">${none}</p>`}</div>`;
}
