/** The middle of a message is all that was said: nothing can be told any more but by closing. */
export class CutShort extends Error {}
