/** Placeholder of the branch `mime`. */
export interface MimeStructure {
  readonly children: readonly MimeStructure[];
}
