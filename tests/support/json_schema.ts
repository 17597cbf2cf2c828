/**
 * Holds a value to a JSON Schema (draft 2020-12). Knows the keywords that our schemas use, and refuses a schema with
 * any other: what is not checked must not look checked.
 */

type Schema = Readonly<Record<string, unknown>>;
type Check = (query: never, value: unknown, path: string, schema: Schema) => string[];

const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === "string",
  number: (value) => Number.isFinite(value),
  integer: Number.isSafeInteger,
  boolean: (value) => typeof value === "boolean",
  null: (value) => value === null,
};

const keywords: Readonly<Record<string, Check>> = {
  $schema: () => [],
  title: () => [],
  description: () => [],
  type: (query: string, value, path) =>
    types[query]!(value) ? [] : [`${path}: ${JSON.stringify(value)} is no ${query}`],
  enum: (query: readonly unknown[], value, path) =>
    query.includes(value) ? [] : [`${path}: ${JSON.stringify(value)} is not among ${query}`],
  pattern: (query: string, value, path) =>
    typeof value !== "string" || new RegExp(query, "u").test(value)
      ? []
      : [`${path}: "${value}" is not like ${query}`],
  minimum: (query: number, value, path) =>
    typeof value !== "number" || value >= query ? [] : [`${path}: ${value} is under ${query}`],
  items: (query: Schema, value, path) =>
    Array.isArray(value)
      ? value.flatMap((item, at) => schemaErrors(query, item, `${path}[${at}]`))
      : [],
  properties: (query: Readonly<Record<string, Schema>>, value, path) =>
    Object.entries(query).flatMap(([name, schema]) =>
      isObject(value) && Object.hasOwn(value, name)
        ? schemaErrors(schema, value[name], `${path}.${name}`)
        : []
    ),
  required: (query: readonly string[], value, path) =>
    query.filter((name) => isObject(value) && !Object.hasOwn(value, name))
      .map((name) => `${path}.${name} is missing`),
  additionalProperties: (query: false, value, path, { properties }) => {
    if (query !== false) throw new TypeError("additionalProperties is not false");
    return Object.keys(isObject(value) ? value : {})
      .filter((name) => !Object.hasOwn(properties as object, name))
      .map((name) => `${path}.${name} is not in the schema`);
  },
  anyOf: (query: readonly Schema[], value, path) => {
    const errors = query.map((schema) => schemaErrors(schema, value, path));
    return errors.some(({ length }) => length === 0)
      ? []
      : [`${path} is none of: ${errors.map((each) => each.join(", ")).join("; or: ")}`];
  },
};

/** Tells everything in which a value is not as a schema has it. @throws {TypeError} for a keyword not known here */
export function schemaErrors(schema: Schema, value: unknown, path = "$"): string[] {
  return Object.entries(schema).flatMap(([keyword, query]) => {
    const check = Object.hasOwn(keywords, keyword) ? keywords[keyword] : undefined;
    if (check === undefined) throw new TypeError(`unknown keyword ${keyword} at ${path}`);
    return check(query as never, value, path, schema);
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
