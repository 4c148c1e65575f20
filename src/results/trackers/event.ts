import { PbfWriter } from 'pbf';

/** A histogram over bins of equal width. */
export interface BinnedCounts {
  readonly low: number;
  readonly high: number;
  readonly counts: readonly number[];
}

/** One value of an event: a number, a histogram or a text. */
export interface SummaryValue {
  readonly tag: string;
  readonly value: number | BinnedCounts | string;
}

/** A message of TensorFlow's event.proto. */
export interface SummaryEvent {
  /** Seconds since 1970. */
  readonly at: number;
  readonly step: number;
  readonly values: readonly SummaryValue[];
}

/** The event that a file begins with. */
export function versionEvent(at: number): Uint8Array {
  const writer = new PbfWriter();
  writer.writeDoubleField(1, at);
  writer.writeStringField(3, 'brain.Event:2');
  return writer.finish();
}

/**
 * An event as bytes. Numbers are `simple_value` (float32) and histograms `histo`, the forms that every reader knows;
 * TensorBoard turns them into tensors itself. Numbers of fields: event.proto, summary.proto, histogram.proto,
 * tensor.proto and tensor_shape.proto of TensorFlow.
 */
export function summaryEvent({ at, step, values }: SummaryEvent): Uint8Array {
  const writer = new PbfWriter();
  writer.writeDoubleField(1, at);
  // As protocol buffers do, which leave a 0 out.
  if (step !== 0) writer.writeVarintField(2, step);
  writer.writeMessage(
    5,
    (_, summary) => {
      for (const value of values) summary.writeMessage(1, writeValue, value);
    },
    null,
  );
  return writer.finish();
}

function writeValue({ tag, value }: SummaryValue, writer: PbfWriter): void {
  writer.writeStringField(1, tag);
  if (typeof value === 'number') writer.writeFloatField(2, value);
  else if (typeof value === 'string') writeText(value, writer);
  else writer.writeMessage(5, writeHistogram, value);
}

/** Sums are those of the middles of the bins: the values themselves are not known here. */
function writeHistogram({ low, high, counts }: BinnedCounts, writer: PbfWriter): void {
  const width = (high - low) / counts.length;
  const sum = (of: (middle: number) => number) =>
    counts.reduce((total, count, bin) => total + count * of(low + (bin + 0.5) * width), 0);
  writer.writeDoubleField(1, low);
  writer.writeDoubleField(2, high);
  writer.writeDoubleField(
    3,
    sum(() => 1),
  );
  writer.writeDoubleField(
    4,
    sum((middle) => middle),
  );
  writer.writeDoubleField(
    5,
    sum((middle) => middle ** 2),
  );
  // The first bucket reaches from `low` to the first limit.
  writer.writePackedDouble(
    6,
    counts.map((_, bin) => low + (bin + 1) * width),
  );
  writer.writePackedDouble(7, [...counts]);
}

const DT_STRING = 7;
const DATA_CLASS_TENSOR = 2;

/** Markdown, for the text plugin: a tensor of one string. */
function writeText(text: string, writer: PbfWriter): void {
  writer.writeMessage(
    8,
    (value: string, tensor: PbfWriter) => {
      tensor.writeVarintField(1, DT_STRING);
      tensor.writeMessage(
        2,
        (_: null, shape: PbfWriter) => {
          shape.writeMessage(
            2,
            (size: number, dimension: PbfWriter) => dimension.writeVarintField(1, size),
            1,
          );
        },
        null,
      );
      tensor.writeStringField(8, value);
    },
    text,
  );
  writer.writeMessage(
    9,
    (plugin: string, metadata: PbfWriter) => {
      metadata.writeMessage(1, (name: string, data: PbfWriter) => data.writeStringField(1, name), plugin);
      metadata.writeVarintField(4, DATA_CLASS_TENSOR);
    },
    'text',
  );
}
