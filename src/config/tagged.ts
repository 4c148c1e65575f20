import { z } from 'zod';

type Tagged = z.ZodObject<{ kind: z.ZodLiteral<string> }>;

function withKind(value: unknown, kind: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || 'kind' in value) return value;
  return { kind, ...value };
}

/**
 * A choice between objects by their "kind" that also accepts an object without one, or none at all,
 * as `defaultKind`: so `--set model.prior.sigma=0.1` works on a file that does not mention the prior.
 */
export function tagged<const T extends readonly [Tagged, ...Tagged[]]>(options: T, defaultKind: string) {
  return z
    .preprocess((value) => withKind(value, defaultKind), z.discriminatedUnion('kind', options))
    .prefault({ kind: defaultKind });
}
