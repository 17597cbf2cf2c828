/** How far a long transfer got. */

/** Is told the bytes of content that were handed over so far. */
export type Progress = (bytes: number) => void;
