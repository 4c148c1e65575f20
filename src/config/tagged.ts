import * as z from 'zod';

type Tagged = z.ZodObject<{ kind: z.ZodLiteral<string> }>;

function withKind(value: unknown, kind: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || 'kind' in value) return value;
  return { kind, ...value };
}

/** The default option with a kind that may be left out: the schema for editors must say so too. */
function optionalKind<T extends Tagged>(option: T, defaultKind: string): T {
  const { kind } = option.shape;
  return kind.value === defaultKind
    ? (option.extend({ kind: kind.default(defaultKind) }) as unknown as T)
    : option;
}

/**
 * A choice between objects by their "kind" that also accepts an object without one, or none at all,
 * as `defaultKind`: so `--set model.prior.sigma=0.1` works on a file that does not mention the prior.
 */
export function tagged<const T extends readonly [Tagged, ...Tagged[]]>(options: T, defaultKind: string) {
  const loosened = options.map((option) => optionalKind(option, defaultKind)) as unknown as T;
  return z
    .preprocess((value) => withKind(value, defaultKind), z.discriminatedUnion('kind', loosened))
    .prefault({ kind: defaultKind });
}
