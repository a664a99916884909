import { BusError } from './bus-error.ts';

/** The most tokens a topic or pattern may have. Deep enough for any hierarchy, shallow enough to index. */
export const maxTopicTokens = 32;
/** The most characters one token may have. A percent-encoded path segment still fits. */
export const maxTokenLength = 128;

// `%` is there for percent-encoded tokens, and only as part of `%XX`.
const tokenGrammar = /^(?:[A-Za-z0-9_-]|%[0-9A-F]{2})+$/;

/**
 * Checks that `topic` is a legal topic and returns it.
 *
 * A topic is 1 to 32 tokens divided by dots; a token is 1 to 128 letters, digits, `_`, `-`, or percent-encoded
 * bytes (`%20`). Topics are case-sensitive. The same grammar is valid as a NATS subject.
 *
 * @throws BusError `invalid_topic`, with the position of the fault.
 */
export function assertTopic(topic: string): string {
  const fault = findFault(topic, false);
  if (fault !== undefined) throw new BusError('invalid_topic', `Topic ${quote(topic)} is not valid: ${fault}`);
  return topic;
}

/**
 * Checks that `pattern` is a legal pattern and returns it. A pattern is a topic in which a token may also be `*`
 * (exactly one token of any kind) and the last token may be `>` (one or more tokens of any kind).
 *
 * @throws BusError `invalid_pattern`, with the position of the fault.
 */
export function assertPattern(pattern: string): string {
  const fault = findFault(pattern, true);
  if (fault !== undefined) throw new BusError('invalid_pattern', `Pattern ${quote(pattern)} is not valid: ${fault}`);
  return pattern;
}

/** Whether `pattern` has a wildcard; without one it names exactly one topic. */
export function hasWildcard(pattern: string): boolean {
  return pattern.includes('*') || pattern.includes('>');
}

/**
 * Whether `topic` matches `pattern`. Both must be valid already. For one pattern against many topics or the other
 * way round use a {@link PatternTrie}.
 *
 * ```ts
 * matches('agents.*.inbox', 'agents.planner.inbox'); // true
 * matches('agents.>', 'agents');                     // false: `>` stands for at least one token
 * ```
 */
export function matches(pattern: string, topic: string): boolean {
  if (!hasWildcard(pattern)) return pattern === topic;
  const wanted = pattern.split('.');
  const given = topic.split('.');
  for (const [index, token] of wanted.entries()) {
    if (token === '>') return given.length > index;
    if (index >= given.length) return false;
    if (token !== '*' && token !== given[index]) return false;
  }
  return wanted.length === given.length;
}

/**
 * Turns any non-empty text into one legal token, reversibly: characters outside letters, digits, `_` and `-` become
 * the percent-encoded bytes of their UTF-8 form. Lone surrogates are replaced by U+FFFD first, as UTF-8 has no form
 * for them.
 *
 * ```ts
 * encodeToken('Agent 4 (Captain)'); // 'Agent%204%20%28Captain%29'
 * ```
 *
 * @throws BusError `invalid_topic` when the text is empty or its encoding is longer than 128 characters.
 */
export function encodeToken(text: string): string {
  let token = '';
  for (const byte of new TextEncoder().encode(text)) {
    const character = String.fromCharCode(byte);
    token += /[A-Za-z0-9_-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  if (token.length === 0) throw new BusError('invalid_topic', 'An empty text cannot become a topic token.');
  if (token.length > maxTokenLength) {
    throw new BusError(
      'invalid_topic',
      `${quote(text)} is ${token.length} characters long once encoded; a topic token has at most ${maxTokenLength}. Use a shorter name.`,
    );
  }
  return token;
}

/**
 * The text that {@link encodeToken} was given.
 *
 * @throws BusError `invalid_topic` for a token that encodes no text, such as `%FF`, which is legal in a topic.
 */
export function decodeToken(token: string): string {
  try {
    return decodeURIComponent(token);
  } catch (cause) {
    throw new BusError(
      'invalid_topic',
      `Token ${quote(token)} holds percent-encoded bytes that are no UTF-8. It was not made by encodeToken(); show it as it is.`,
      { cause },
    );
  }
}

function findFault(text: string, wildcards: boolean): string | undefined {
  if (text === '') return 'it is empty.';
  const tokens = text.split('.');
  if (tokens.length > maxTopicTokens) return `it has ${tokens.length} tokens, at most ${maxTopicTokens} are allowed.`;
  let position = 0;
  for (const [index, token] of tokens.entries()) {
    const fault = findTokenFault(token, wildcards, index === tokens.length - 1);
    if (fault !== undefined) return `token ${index + 1} at position ${position} ${fault}`;
    position += token.length + 1;
  }
  return undefined;
}

function findTokenFault(token: string, wildcards: boolean, last: boolean): string | undefined {
  if (token === '') return 'is empty; remove the extra dot.';
  if (token === '*' || token === '>') {
    if (!wildcards) return `is the wildcard ${quote(token)}; messages are published to one exact topic.`;
    if (token === '>' && !last) return 'is ">", which may only be the last token.';
    return undefined;
  }
  if (token.length > maxTokenLength) return `has ${token.length} characters, at most ${maxTokenLength} are allowed.`;
  if (!tokenGrammar.test(token)) {
    return `(${quote(token)}) may hold only letters, digits, "_" and "-"; pass other text through encodeToken().`;
  }
  return undefined;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 160 ? `${text.slice(0, 157)}...` : text);
}
