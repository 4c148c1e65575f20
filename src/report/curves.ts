import asciichart from 'asciichart';
import { textTable } from './table.js';

/** The values of one run, in the order of its epochs. */
export interface Curve {
  name: string;
  points: readonly { epoch: number; value: number }[];
}

export interface ChartOptions {
  /** Characters a line, at least 30. */
  width: number;
  /** Lines a chart. */
  height: number;
  colour: boolean;
}

/** Those first that can be read on dark and on light ground. */
const COLOURS = [
  asciichart.lightblue,
  asciichart.lightred,
  asciichart.green,
  asciichart.magenta,
  asciichart.yellow,
  asciichart.cyan,
];
/** Of the values beside the axis, with a blank; curves begin on the axis itself. */
const LABEL = 9;

/** A chart of one quantity over the epochs, one curve a run; curves share both axes. */
export function chart(title: string, curves: readonly Curve[], options: ChartOptions): string {
  const shown = curves.filter(({ points }) => points.length > 0);
  if (shown.length === 0) return `${title}: nothing measured yet`;
  const epochs = shown.flatMap(({ points }) => points.map(({ epoch }) => epoch));
  const [first, last] = [Math.min(...epochs), Math.max(...epochs)];
  const columns = Math.max(10, options.width - LABEL);
  const plot = asciichart.plot(
    shown.map((curve) => sampled(curve, first, last, columns)),
    {
      height: options.height,
      colors: shown.map((_, i) => colourOf(i, options)),
      format: (value) =>
        value
          .toPrecision(4)
          .slice(0, LABEL - 1)
          .padStart(LABEL - 1),
    },
  );
  const left = `${'epoch'.padStart(LABEL - 1)} ${first}`;
  const axis = first === last ? left : `${left}${String(last).padStart(options.width - left.length)}`;
  return [
    title,
    plot.replace(/ +$/gm, ''),
    axis,
    ...shown.map(({ name }, i) => legend(name, i, options)),
  ].join('\n');
}

function colourOf(i: number, { colour }: ChartOptions): string | undefined {
  return colour ? COLOURS[i % COLOURS.length] : undefined;
}

function legend(name: string, i: number, options: ChartOptions): string {
  const colour = colourOf(i, options);
  const mark = colour === undefined ? '──' : `${colour}──${asciichart.reset}`;
  return `${' '.repeat(LABEL)}${mark} ${name}`;
}

/** A curve at `columns` places from `first` to `last`, straight between its points; it ends where its run did. */
function sampled({ points }: Curve, first: number, last: number, columns: number): number[] {
  const values: number[] = [];
  let next = 0;
  for (let i = 0; i < columns; i++) {
    const epoch = first === last ? first : first + ((last - first) * i) / (columns - 1);
    if (epoch > points[points.length - 1].epoch + 1e-9) break;
    while (next < points.length - 1 && points[next].epoch < epoch - 1e-9) next++;
    values.push(between(points[Math.max(0, next - 1)], points[next], epoch));
  }
  return values;
}

function between(a: Curve['points'][number], b: Curve['points'][number], epoch: number): number {
  if (a.epoch === b.epoch || epoch >= b.epoch) return b.value;
  const share = Math.max(0, (epoch - a.epoch) / (b.epoch - a.epoch));
  return a.value + share * (b.value - a.value);
}

/** The same as a table, for those who cannot see a chart, and for files. */
export function curveTable(title: string, curves: readonly Curve[]): string {
  const epochs = [...new Set(curves.flatMap(({ points }) => points.map(({ epoch }) => epoch)))].sort(
    (a, b) => a - b,
  );
  const valueAt = ({ points }: Curve, epoch: number) =>
    points.find((point) => point.epoch === epoch)?.value.toPrecision(5) ?? '-';
  const rows = epochs.map((epoch) => [String(epoch), ...curves.map((curve) => valueAt(curve, epoch))]);
  return `${title}\n${textTable([['epoch', ...curves.map(({ name }) => name)], ...rows])}`;
}
