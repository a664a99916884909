/** A path's last segment, and that without its ending. */
export interface FileName {
  readonly name: string;
  readonly stem: string;
  /** In lower case, without the dot; empty when there is none. */
  readonly ending: string;
}

/** Takes a relative path's name apart. A leading dot begins no ending: `.keep` is all stem. */
export function fileName(path: string): FileName {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot <= 0
    ? { name, stem: name, ending: '' }
    : { name, stem: name.slice(0, dot), ending: name.slice(dot + 1).toLowerCase() };
}
