import type { PicturePrediction, PredictReport } from '../../runs/predict.js';
import { columns, percent, printable } from '../output-format.js';

/** Each picture's classes and uncertainty as text. */
export function describePrediction(report: PredictReport): string {
  const blocks = report.images.map(describePicture);
  const samples = report.samples === 1 ? '1 prediction' : `${report.samples} posterior samples`;
  return [...blocks, `${samples}; checkpoint ${report.checkpoint}, epoch ${report.epoch}`].join('\n\n');
}

function describePicture(picture: PicturePrediction): string {
  const { file, width, height, resized } = picture;
  const head = printable(`${file} (${width} x ${height}${resized === null ? '' : `; ${resized}`})`);
  const nats = (value: number): string => `${value.toFixed(4)} nats`;
  const rows: [string, string][] = [
    ...picture.top.map(({ name, probability }): [string, string] => [name, percent(probability)]),
    ['predictive entropy', nats(picture.predictive_entropy)],
    ['expected entropy', nats(picture.expected_entropy)],
    ['mutual information', nats(picture.mutual_information)],
  ];
  return `${head}\n${columns(rows, '  ')}`;
}
