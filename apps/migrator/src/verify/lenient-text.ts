/** Turns bytes of one file into text. Bytes that are no text become U+FFFD. */
export type Decode = (bytes: Uint8Array) => string;

/** How the file is to be decoded, by its byte order mark: UTF-16 where it says so, else UTF-8. */
export function decoderFor(file: Uint8Array): Decode {
  const [first, second] = file;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  // What the mark says is known by now; elsewhere it is a character like any other.
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  return (bytes) => decoder.decode(bytes);
}
