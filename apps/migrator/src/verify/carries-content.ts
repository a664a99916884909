/** Whether something is lost when a text is left out: punctuation alone only divides, and so does a code fence. */
export function carriesContent(text: string): boolean {
  return /[\p{L}\p{N}\p{So}]/u.test(text) && !/^\s*```\w*\s*$/.test(text);
}
