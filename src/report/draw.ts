import { BayescnnError } from '../errors.js';
import type { Figure } from './figures/figure.js';
import { THEMES } from './figures/theme.js';

/** A figure with its SVG. */
export interface DrawnFigure extends Figure {
  readonly svg: string;
}

/** Notes for assistive technology inside the plot: the page tells it as a whole, with its data beside it. */
const INNER_NOTES = / (?:aria-[a-z]+|role|pointer-events|class|version|xmlns:xlink)="[^"]*"/g;

/** Shortens a drawing: no inner notes, coordinates to a hundredth of a pixel. Texts stay as they are. */
function slim(svg: string): string {
  const shorter = (tag: string) =>
    tag
      .replace(INNER_NOTES, '')
      .replace(/-?\d+\.\d{3,}(?!\d*e)/g, (digits) => String(Number(Number(digits).toFixed(2))));
  return svg.replace(/<[^>]*>/g, shorter);
}

/**
 * Draws figures as SVG elements in the page's colours, in one order: ids inside are numbered on, so that equal figures
 * give equal bytes. Vega is loaded here, since nothing else needs it.
 */
export async function drawFigures(figures: readonly Figure[]): Promise<DrawnFigure[]> {
  if (figures.length === 0) return [];
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  vega.resetSVGDefIds();
  const drawn: DrawnFigure[] = [];
  for (const figure of figures) {
    const { spec } = compile(figure.spec as unknown as Parameters<typeof compile>[0]);
    const view = new vega.View(vega.parse(spec), { renderer: 'none', logLevel: vega.Error });
    const svg = await view.toSVG();
    view.finalize();
    drawn.push({ ...figure, svg: slim(svg) });
  }
  return drawn;
}

/** A plot on its own, in the light theme's colours. */
export function standaloneSvg(svg: string): string {
  const colours = svg.replace(
    /var\(--(\w+)\)/g,
    (_, name: string) => THEMES.light[name as keyof typeof THEMES.light],
  );
  return colours.replace(/^<svg[^>]*>/, (head) => {
    return `${head}<rect width="100%" height="100%" fill="${THEMES.light.paper}"/>`;
  });
}

/**
 * A plot as PNG, twice its size in pixels, with a font of this machine.
 * @throws BayescnnError 'failure' where the machine has no font
 */
export async function plotPng(svg: string): Promise<Uint8Array> {
  const { Resvg } = await import('@resvg/resvg-js');
  const font = { loadSystemFonts: true };
  const letter = '<svg xmlns="http://www.w3.org/2000/svg"><text y="20">A</text></svg>';
  if (new Resvg(letter, { font }).getBBox() === undefined)
    throw new BayescnnError('failure', '--png: needs a font to write with, got a machine without any', {
      hint: 'install one, e.g. `apt-get install fonts-dejavu-core`; the HTML needs none',
    });
  return new Resvg(standaloneSvg(svg), { font, fitTo: { mode: 'zoom', value: 2 } }).render().asPng();
}
