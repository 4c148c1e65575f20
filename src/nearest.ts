/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(substitute, previous[j] + 1, row[j - 1] + 1);
    }
    previous = row;
  }
  return previous[b.length];
}

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9.]/g, '');

/**
 * The candidate that `given` most likely meant, or undefined when none is near:
 * at most a third of the letters may differ, or it is the only one that begins so; case, `-` and `_` do not count.
 */
export function nearest(given: string, candidates: Iterable<string>): string | undefined {
  const all = [...candidates];
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(given.length / 3)) + 1;
  for (const candidate of all) {
    const distance = editDistance(plain(given), plain(candidate));
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best ?? completion(given, all);
}

/** The one candidate that begins with `given`; too few letters mean nothing. */
function completion(given: string, candidates: readonly string[]): string | undefined {
  if (given.length < 3) return undefined;
  const [found, ...others] = candidates.filter((candidate) => plain(candidate).startsWith(plain(given)));
  return others.length === 0 ? found : undefined;
}

/** `; did you mean "x"?`, or nothing. */
export function didYouMean(given: string, candidates: Iterable<string>): string {
  const found = nearest(given, candidates);
  return found === undefined ? '' : `; did you mean "${found}"?`;
}
