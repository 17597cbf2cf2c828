/** Cases that mostly wait by a real clock: all begin with the first of them, and each is a test of its own. */
export function testAtOnce(
  cases: ReadonlyMap<string, () => Promise<void>>,
  { ignore = false }: { readonly ignore?: boolean } = {},
): void {
  let begun: ReadonlyMap<string, Promise<void>> | null = null;
  const begin = () => new Map([...cases].map(([name, run]) => [name, kept(run())]));
  for (const name of cases.keys()) {
    Deno.test({ name, ignore, fn: () => (begun ??= begin()).get(name)! });
  }
}

/** That a case fails is told by its own test, which may not wait for it yet. */
function kept(running: Promise<void>): Promise<void> {
  running.catch(() => {});
  return running;
}
