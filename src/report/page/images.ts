import type { ImagePick, ReportImage, ReportInput } from '../report-input.js';
import { type Html, html } from './html.js';

const PICKS: readonly [ImagePick, string, string][] = [
  ['certain-right', 'Surest, and right', 'Highest confidence of the right predictions.'],
  [
    'certain-wrong',
    'Surest, and wrong',
    'Highest confidence of the wrong predictions. Is the label doubtful, or the model too sure?',
  ],
  ['uncertain', 'Least sure', 'Highest predictive entropy.'],
  [
    'informative',
    'Most in doubt about the weights',
    'Highest mutual information: the sampled networks disagree.',
  ],
];

/** The images that the first run of each group is surest and least sure of. */
export function imagesHtml({ groups, withoutImages }: ReportInput): Html | null {
  const shown = groups.flatMap(({ name, runs }) => {
    const run = runs.find(({ evaluation }) => evaluation !== null && evaluation.images.length > 0);
    return run === undefined ? [] : [{ name, run: run.name, images: run.evaluation?.images ?? [] }];
  });
  if (shown.length === 0) return null;
  return html`<section id="images">
<h2>Images that the models are surest and least sure of</h2>
${withoutImages ? html`<p>The images were left out of this report (<code>--no-images</code>).</p>` : shown.map(groupHtml)}
</section>
`;
}

function groupHtml({
  name,
  run,
  images,
}: {
  name: string;
  run: string;
  images: readonly ReportImage[];
}): Html {
  const parts = PICKS.flatMap(([pick, title, what]) => {
    const own = images.filter((image) => image.pick === pick);
    if (own.length === 0) return [];
    return [
      html`<h3>${title}: ${name}</h3>
<p class="muted">${what}${name === run ? '' : ` Of the run ${run}.`}</p>
<ul class="images">${own.map(imageHtml)}</ul>
`,
    ];
  });
  return html`${parts}`;
}

function imageHtml({
  index,
  label,
  prediction,
  confidence,
  predictive_entropy,
  mutual_information,
  png,
}: ReportImage): Html {
  const verdict = label === prediction ? `${label}, recognised` : `${label}, called ${prediction}`;
  return html`<li><img src="data:image/png;base64,${png}" width="32" height="32" alt="Test image ${index}: ${verdict}">
${verdict}<br><span class="muted">${(100 * confidence).toFixed(1)} %, entropy ${predictive_entropy.toFixed(2)}${mutual_information >= 0.005 && `, of it ${mutual_information.toFixed(2)} by the weights`}</span></li>
`;
}
