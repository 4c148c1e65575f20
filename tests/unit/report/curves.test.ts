import { describe, expect, it } from 'vitest';
import { type Curve, chart, curveTable } from '../../../src/report/index.js';

const curve = (name: string, values: readonly number[]): Curve => ({
  name,
  points: values.map((value, i) => ({ epoch: i + 1, value })),
});
const options = { width: 40, height: 4, colour: false };

describe('a chart', () => {
  it('fits its width, has its extremes on the axis and rises where the values do', () => {
    const lines = chart('test_accuracy', [curve('cnn', [0.1, 0.3, 0.5])], options).split('\n');
    expect(lines[0]).toBe('test_accuracy');
    expect(Math.max(...lines.map((line) => line.length))).toBe(40);
    expect(lines[1]).toContain('0.5000');
    expect(lines.at(-3)).toContain('0.1000');
    const columnOf = (line: string) => line.search(/[╭╰─]/);
    expect(columnOf(lines[1])).toBeGreaterThan(columnOf(lines[3]));
    expect(lines.at(-2)).toMatch(/epoch 1 +3$/);
    // The first epoch stands below the axis, the last below the end of the curve.
    expect(lines.at(-2)?.indexOf('1')).toBe(lines[1].search(/[┤┼]/));
    expect(lines.at(-2)?.length).toBe(lines[1].length);
    expect(lines.at(-1)).toMatch(/── cnn$/);
  });

  it('lets a shorter run end where it ended', () => {
    const long = chart('x', [curve('a', [1, 1, 1, 1]), curve('b', [0, 0])], options).split('\n');
    const [top, bottom] = [long[1], long[5]];
    expect(bottom.trimEnd().length).toBeLessThan(top.trimEnd().length - 10);
  });

  it('colours curves and legend alike', () => {
    const text = chart('x', [curve('a', [1, 2]), curve('b', [2, 1])], { ...options, colour: true });
    expect(text).toContain('\u001b[94m──\u001b[0m a');
    expect(text).toContain('\u001b[91m──\u001b[0m b');
  });

  it('takes one epoch, equal values, and runs without any', () => {
    expect(chart('x', [curve('a', [0.5])], options)).toContain('epoch 1\n');
    expect(chart('x', [curve('a', [0, 0, 0])], options)).toContain('0.000');
    expect(chart('x', [curve('a', [])], options)).toBe('x: nothing measured yet');
  });
});

describe('a table of curves', () => {
  it('has a row for each epoch of any run', () => {
    expect(curveTable('ece', [curve('a', [0.5, 0.25]), curve('b', [0.125])])).toBe(
      ['ece', 'epoch        a        b', '1      0.50000  0.12500', '2      0.25000        -'].join('\n'),
    );
  });
});
