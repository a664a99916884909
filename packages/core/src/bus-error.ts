/**
 * Every way in which AgentBus says no. The list is closed: a `switch` over `code` can be exhaustive.
 *
 * - `invalid_topic`, `invalid_pattern`: a name breaks the grammar of topics; the message gives the position.
 * - `invalid_option`: an option has a value that cannot work.
 * - `invalid_payload`: the payload is no JSON, or does not fit the topic's schema.
 * - `payload_too_large`: the encoded payload exceeds the topic's `maxPayloadBytes`.
 * - `id_conflict`: a message with this id but another content is already stored.
 * - `config_conflict`: a subscription of this name exists with another pattern or other limits.
 * - `unknown_subscription`: there is no subscription of this name.
 * - `store_busy`: the store stayed locked by somebody else for longer than we are willing to wait. Retryable.
 * - `store_failed`: the store could not read or write (full disk, lost permission, corrupt file).
 * - `store_incompatible`: the file belongs to a newer AgentBus, to another application, or needs another driver.
 * - `unsupported`: this store or platform cannot do what was asked.
 * - `closed`: the bus, store or consumer was closed before the call.
 */
export type BusErrorCode =
  | 'invalid_topic'
  | 'invalid_pattern'
  | 'invalid_option'
  | 'invalid_payload'
  | 'payload_too_large'
  | 'id_conflict'
  | 'config_conflict'
  | 'unknown_subscription'
  | 'store_busy'
  | 'store_failed'
  | 'store_incompatible'
  | 'unsupported'
  | 'closed';

/** What a {@link BusError} carries beside its message. */
export interface BusErrorOptions {
  /** Whether the same call may succeed later without any change by the caller. Default: false. */
  readonly retryable?: boolean;
  /** The error that led to this one, kept for logs. */
  readonly cause?: unknown;
}

/**
 * The one error class of AgentBus. Its message names the thing, the likely mistake and the remedy;
 * its `code` is for programs.
 *
 * ```ts
 * try {
 *   await bus.publish('agents.*.inbox', {});
 * } catch (error) {
 *   if (error instanceof BusError && error.code === 'invalid_topic') console.error(error.message);
 * }
 * ```
 */
export class BusError extends Error {
  override readonly name = 'BusError';
  readonly code: BusErrorCode;
  readonly retryable: boolean;

  constructor(code: BusErrorCode, message: string, options: BusErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}
