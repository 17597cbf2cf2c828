/** File systems that are full or cannot be written: for a program that runs as root there are no others. */

/** A file system in memory of a few MiB. @throws {Error} where this process may not mount one */
export class SmallDisk implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async mount(folder: string, mebibytes: number): Promise<SmallDisk> {
    Deno.mkdirSync(folder, { mode: 0o700 });
    await run("mount", "-t", "tmpfs", "-o", `size=${mebibytes}m,mode=0700`, "tmpfs", folder);
    return new SmallDisk(folder);
  }

  resize(mebibytes: number): Promise<void> {
    return run("mount", "-o", `remount,size=${mebibytes}m`, this.folder);
  }

  /** Takes no more writes, as an image of a container does. */
  makeReadOnly(): Promise<void> {
    return run("mount", "-o", "remount,ro", this.folder);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return run("umount", this.folder);
  }
}

async function run(program: string, ...args: string[]): Promise<void> {
  const output = await new Deno.Command(program, { args }).output();
  if (output.success) return;
  const reason = new TextDecoder().decode(output.stderr);
  throw new Error(
    `This test needs a file system of its own, and cannot mount one as root: ${reason}`,
  );
}
