import type * as z from 'zod';

type Path = readonly PropertyKey[];

/** The settings that an issue makes unusable. */
function badPaths(issue: z.core.$ZodIssue): Path[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => [...issue.path, key]);
  const index = issue.path.findIndex((key) => typeof key === 'number');
  const path = index === -1 ? issue.path : issue.path.slice(0, index);
  // Without its kind, the other keys of a tagged object mean nothing.
  return [issue.code === 'invalid_union' && path.at(-1) === 'kind' ? path.slice(0, -1) : path];
}

function remove(root: unknown, path: Path): void {
  let parent = root as Record<PropertyKey, unknown>;
  for (const key of path.slice(0, -1)) {
    parent = parent[key] as Record<PropertyKey, unknown>;
    // Another problem already took it away.
    if (parent === undefined) return;
  }
  delete parent[path.at(-1) as PropertyKey];
}

/**
 * A copy of a config without its wrong settings, so that defaults stand in for them and the rest can be
 * checked further; undefined when the config is wrong as a whole.
 */
export function withoutProblems(
  value: unknown,
  issues: readonly z.core.$ZodIssue[],
): { value: unknown; removed: Path[] } | undefined {
  const removed = issues.flatMap(badPaths);
  if (removed.some((path) => path.length === 0)) return undefined;
  const copy = structuredClone(value);
  for (const path of removed) remove(copy, path);
  return { value: copy, removed };
}

/** Whether a path removed took the setting at a dotted path with it: it is that setting or around it. */
export function covers(removed: Path, setting: string): boolean {
  return `${setting}.`.startsWith(removed.map((key) => `${String(key)}.`).join(''));
}
