/** A TCP socket as the runtime has it, or one that was accepted elsewhere and looks the same. */
export interface ByteSocket
  extends Pick<Deno.TcpConn, "read" | "write" | "close" | "closeWrite" | "setNoDelay"> {
  readonly remoteAddr: { readonly hostname: string };
}

/** Where sockets come from. */
export interface SocketSource {
  readonly hostname: string;
  readonly port: number;
  /** Begins; once. `onTrouble` hears why nothing can be accepted at the moment; it is tried again. */
  accept(onSocket: (socket: ByteSocket) => void, onTrouble: (error: unknown) => void): void;
  /** Accepts no more; connections that are there stay. */
  close(): void;
}

/** Closes what may be closed already, from this side or by a failure. */
export function closeQuietly(socket: { close(): void }): void {
  try {
    socket.close();
  } catch {
    // closed before
  }
}
