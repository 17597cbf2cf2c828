/** What a process takes of the machine, as /proc tells it: Linux only. */

const pageBytes = 4096;
const ticksPerSecond = 100;

/** CPU seconds of a process so far, or of one of its threads. */
export function cpuSeconds(pid: number, thread?: number): number {
  const folder = thread === undefined ? `/proc/${pid}` : `/proc/${pid}/task/${thread}`;
  const stat = Deno.readTextFileSync(`${folder}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // its name may hold anything
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** CPU seconds of every thread so far. */
function threadSeconds(pid: number): Map<number, number> {
  const threads = [...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) => Number(name));
  return new Map(threads.map((thread) => [thread, cpuSeconds(pid, thread)]));
}

/** How busy a process was: 1 is one core all the time. */
export interface Business {
  readonly all: number;
  /** Of its busiest threads, busiest first. */
  readonly threads: readonly number[];
}

/** Begins to watch a process; what it returns tells how busy it was since. */
export function watchBusiness(pid: number): () => Business {
  const begun = performance.now();
  const before = threadSeconds(pid);
  return () => {
    const seconds = (performance.now() - begun) / 1000;
    const shares = [...threadSeconds(pid)]
      .map(([thread, used]) => (used - (before.get(thread) ?? 0)) / seconds)
      .sort((a, b) => b - a);
    return { all: shares.reduce((sum, share) => sum + share, 0), threads: shares.slice(0, 3) };
  };
}

/** Bytes of memory that a process has for itself now: without pages of files, which the system may take back. */
export function residentBytes(pid: number): number {
  const statm = Deno.readTextFileSync(`/proc/${pid}/statm`);
  const [, resident, ofFiles] = statm.split(" ").map(Number) as [number, number, number];
  return (resident - ofFiles) * pageBytes;
}

/** The most that it had so far, pages of files included; 0 once it has ended. */
export function peakResidentBytes(pid: number): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

/** Sockets that a process has open. */
export function openSockets(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  const targets = [...Deno.readDirSync(folder)].map(({ name }) => {
    try {
      return Deno.readLinkSync(`${folder}/${name}`);
    } catch {
      return ""; // closed since it was listed
    }
  });
  return targets.filter((target) => target.startsWith("socket:")).length;
}

const steadyBytes = 64 * 1024;
const steadyLooks = 10;
const mostLooks = 100;

/** Looks until memory has stayed the same for a second, or for ten seconds. */
export async function settledResidentBytes(pid: number): Promise<number> {
  let last = residentBytes(pid);
  for (let looks = 0, steady = 0; looks < mostLooks && steady < steadyLooks; looks++) {
    await pause(100);
    const now = residentBytes(pid);
    steady = Math.abs(now - last) <= steadyBytes ? steady + 1 : 0;
    last = now;
  }
  return last;
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
