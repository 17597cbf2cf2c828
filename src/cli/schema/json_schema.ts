/**
 * JSON Schemas (draft 2020-12) that the compiler reads too: what a schema allows, and nothing else, is what the code
 * beside it may write. Only these keywords are used.
 */

declare const meaning: unique symbol;

/** The schema of values of type T. */
export interface Schema<T> {
  readonly [keyword: string]: unknown;
  readonly [meaning]?: T;
}

/** The type of what a schema allows. */
export type ValueOf<S> = S extends Schema<infer T> ? T : never;

type Fields = Readonly<Record<string, Schema<unknown>>>;

export function text(description: string): Schema<string> {
  return { type: "string", description };
}

/** A text of one form; `pattern` is anchored. */
export function formed(pattern: string, description: string): Schema<string> {
  return { type: "string", pattern, description };
}

/** A whole number, `minimum` or more. */
export function whole(minimum: number, description: string): Schema<number> {
  return { type: "integer", minimum, description };
}

/** Any number that is not negative. */
export function amount(description: string): Schema<number> {
  return { type: "number", minimum: 0, description };
}

export function flag(description: string): Schema<boolean> {
  return { type: "boolean", description };
}

export function oneOf<const T extends string>(
  words: readonly T[],
  description: string,
): Schema<T> {
  return { enum: words, description };
}

export function nullable<T>(schema: Schema<T>): Schema<T | null> {
  return { anyOf: [schema, { type: "null" }] };
}

export function either<A, B>(a: Schema<A>, b: Schema<B>): Schema<A | B> {
  return { anyOf: [a, b] };
}

export function list<T>(items: Schema<T>): Schema<readonly T[]> {
  return { type: "array", items };
}

type ValuesOf<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> };

/** An object with all of these fields and no other: a new one is noticed. `optional` ones may be left out. */
export function object<F extends Fields, O extends Fields = Record<never, never>>(
  properties: F,
  optional: O = {} as O,
): Schema<ValuesOf<F> & Partial<ValuesOf<O>>> {
  return {
    type: "object",
    properties: { ...properties, ...optional },
    required: Object.keys(properties),
    additionalProperties: false,
  };
}
