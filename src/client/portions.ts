/** Cuts a list into pieces of at most so many, in order: as many as one request has. None of nothing. */
export function portionsOf<T>(all: readonly T[], most: number): T[][] {
  return Array.from(
    { length: Math.ceil(all.length / most) },
    (_, at) => all.slice(at * most, (at + 1) * most),
  );
}
