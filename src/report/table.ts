/** Rows of cells, the first being the heads. */
export type Cells = readonly (readonly string[])[];

const GAP = '  ';

/**
 * A table in columns: the first one to the left, the others (numbers) to the right. Columns that a line of `width`
 * characters has no room for follow below, beside the `keys` first columns once more.
 */
export function textTable(rows: Cells, width = Number.POSITIVE_INFINITY, keys = 1): string {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const cell = (text: string, i: number) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]));
  const part = (columns: readonly number[]) =>
    rows
      .map((row) =>
        columns
          .map((i) => cell(row[i], i))
          .join(GAP)
          .trimEnd(),
      )
      .join('\n');
  return parts(widths, width, keys).map(part).join('\n\n');
}

/** Which columns stand beside each other, by their widths. */
function parts(widths: readonly number[], width: number, keys: number): number[][] {
  const first = widths.slice(0, keys).map((_, i) => i);
  const lengthOf = (columns: readonly number[]) =>
    columns.reduce((sum, i) => sum + widths[i] + GAP.length, -GAP.length);
  const all = [[...first]];
  for (let i = keys; i < widths.length; i++) {
    const last = all[all.length - 1];
    if (last.length === keys || lengthOf([...last, i]) <= width) last.push(i);
    else all.push([...first, i]);
  }
  return all;
}

/** A table without those columns in which nothing but `empty` stands below the head. */
export function withoutEmptyColumns(rows: Cells, empty = '-'): Cells {
  const kept = rows[0].map((_, i) => rows.slice(1).some((row) => row[i] !== empty));
  return rows.map((row) => row.filter((_, i) => kept[i]));
}

/** A GitHub-flavoured Markdown table; alignment as `textTable`. */
export function markdownTable(rows: Cells): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = rows[0].map((_, i) => (i === 0 ? '---' : '---:'));
  return [line(rows[0]), line(rule), ...rows.slice(1).map(line)].join('\n');
}
