/** What goes between tests and the process that runs commands for them: an object of JSON a line. */

export interface CommandRequest {
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** That of whoever started the runner, unless it is said. */
  readonly umask?: number;
  /** Base64. */
  readonly stdin: string;
  /** It goes on until a signal: what it writes is told as it comes, and signals to the process are for it. */
  readonly goesOn?: boolean;
}

/** What a command that goes on has written. */
export interface CommandOutput {
  readonly stream: "stdout" | "stderr";
  /** Base64. */
  readonly bytes: string;
}

export interface CommandOutcome {
  readonly status: number;
  /** It ended the process: the next command takes another. */
  readonly isEnded: boolean;
  /** Base64. */
  readonly stdout: string;
  /** Base64. */
  readonly stderr: string;
}

/** Splits a stream of bytes into lines. */
export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let parts: string[] = [];
  for await (const text of stream.pipeThrough(new TextDecoderStream() as TransformStream)) {
    const [first, ...lines] = text.split("\n");
    parts.push(first);
    for (const line of lines) {
      yield parts.join("");
      parts = [line];
    }
  }
}
