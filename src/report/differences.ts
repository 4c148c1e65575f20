/** A setting in which runs differ. */
export interface Difference {
  /** Dotted path. */
  readonly setting: string;
  /** Each value, as JSON, with the runs that have it; `(none)` where the setting does not exist. */
  readonly values: readonly { readonly value: string; readonly runs: readonly string[] }[];
}

/** Every leaf of nested settings as a dotted path; arrays are leaves. */
export function flatten(value: unknown, path = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return new Map([[path, JSON.stringify(value)]]);
  const entries = Object.entries(value).flatMap(([key, item]) => [
    ...flatten(item, path === '' ? key : `${path}.${key}`),
  ]);
  return new Map(entries);
}

/** Every setting in which runs differ, in order of first appearance. */
export function differences(
  runs: readonly { readonly name: string; readonly settings: ReadonlyMap<string, string> }[],
): Difference[] {
  const paths = new Set(runs.flatMap(({ settings }) => [...settings.keys()]));
  return [...paths].flatMap((setting) => {
    const holders = new Map<string, string[]>();
    for (const { name, settings } of runs) {
      const value = settings.get(setting) ?? '(none)';
      holders.set(value, [...(holders.get(value) ?? []), name]);
    }
    if (holders.size < 2) return [];
    return [{ setting, values: [...holders].map(([value, names]) => ({ value, runs: names })) }];
  });
}
