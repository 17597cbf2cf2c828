/** Parameters as FETCH gives them: in their order, nothing decoded but how they are cut (RFC 2231 6). */
import type { FieldReader } from "./field_reader.ts";

/** One parameter of a field, in bytes as characters; continuations (RFC 2231 3) are joined. */
export interface RawParameter {
  readonly name: string;
  readonly value: string;
}

/** Reads what stands behind the value of a field. */
export function readParameters(reader: FieldReader): RawParameter[] {
  const found: RawParameter[] = [];
  for (;;) {
    reader.skipTo(";");
    if (!reader.skip(";")) return joinContinuations(found);
    reader.skipBlanks();
    const name = reader.token();
    reader.skipBlanks();
    if (name === "" || !reader.skip("=")) continue;
    reader.skipBlanks();
    found.push({ name, value: reader.value() });
  }
}

/** RFC 2231 3: `name*0` and `name*1` are `name`, and with a star behind one of their numbers `name*`. */
function joinContinuations(parameters: readonly RawParameter[]): RawParameter[] {
  const sections = parameters.filter(({ name }) => sectionName.test(name));
  const whole = parameters.filter(({ name }) => !sectionName.test(name));
  const groups = Map.groupBy(sections, ({ name }) => sectionName.exec(name)![1]!.toLowerCase());
  return [...whole, ...[...groups.values()].flatMap(joinSections)];
}

const sectionName = /^([^*]+)\*(0|[1-9]\d{0,4})(\*?)$/;

function joinSections(sections: readonly RawParameter[]): RawParameter[] {
  const byNumber = new Map(sections.map((section) => {
    const [, base = "", number, star] = sectionName.exec(section.name)!;
    return [Number(number), { base, star: star === "*", value: section.value }];
  }));
  const joined = [];
  for (let at = 0, next = byNumber.get(0); next !== undefined; next = byNumber.get(++at)) {
    joined.push(next);
  }
  if (joined.length < sections.length) return [...sections]; // one is missing: they stay as they are
  const isExtended = joined.some(({ star }) => star);
  const values = joined.map(({ value, star }) => isExtended && !star ? escape(value) : value);
  return [{ name: joined[0]!.base + (isExtended ? "*" : ""), value: values.join("") }];
}

/** RFC 2231 7: what is no attribute-char, in a section that was not escaped. */
function escape(value: string): string {
  return value.replace(
    /[^0-9A-Za-z!#$&+.^_`{|}~-]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}
