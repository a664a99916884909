import type { JsonValue } from '@agentbus/core';
import type { LetterState } from './format.ts';

/** A letter's own fields, in the order in which they were written. */
export type NativeFields = ReadonlyMap<string, JsonValue>;

/** Fields that say what became of the letter rather than what it says. They are no part of its identity. */
const stateFields = new Set(
  (
    'read is_read read_status read_at read_by unread acked is_acked acked_at acked_by ack_status ack_ts acknowledged ' +
    'acknowledged_at acknowledged_by processed is_processed processed_at processed_by archived archived_at delivered ' +
    'delivered_at delivery_status delivery_attempts message_status attempts retry_count retries notified notified_at ' +
    'updated_at last_updated_at last_updated timestamp_updated last_attempt_at'
  ).split(' '),
);

/** Fields that carry the state in some letters and content in others: only a word of a letter's life makes them state. */
const lifeFields = new Set(['status', 'state']);

const doneWords = new Set(
  'done complete completed processed handled acked acknowledged archived resolved closed finished success succeeded successful'.split(
    ' ',
  ),
);

const openWords = new Set(
  (
    'pending queued new unread read unprocessed open received sent delivered delivering processing inprogress working active ' +
    'claimed assigned started ready todo waiting paused blocked failed error retry retrying retried rejected deferred notified seen'
  ).split(' '),
);

/** The spelling under which fields are compared: `messageStatus` and `Message Status` are `message_status`. */
export function fieldName(key: string): string {
  if (key.length > 64) return key;
  return key
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[\s-]+/g, '_')
    .toLowerCase();
}

/** Whether a field is left out of a letter's identity, so that a copy with another state is the same letter. */
export function isStateField(key: string, value: JsonValue): boolean {
  const name = fieldName(key);
  if (stateFields.has(name)) return true;
  if (!lifeFields.has(name)) return false;
  if (value === null || typeof value === 'boolean') return true;
  return typeof value === 'string' && (doneWords.has(word(value)) || openWords.has(word(value)));
}

/**
 * The state that a letter's own fields tell: `acked` for a done status or an explicit acknowledgement. `read` is none,
 * it only says that somebody noticed.
 */
export function stateInFields(fields: NativeFields): LetterState {
  for (const [key, value] of fields) {
    const name = fieldName(key);
    if (lifeFields.has(name) || name === 'read_status' || name === 'ack_status' || name === 'message_status') {
      if (typeof value === 'string' && doneWords.has(word(value))) return 'acked';
    } else if (/^(?:is_)?(?:acked|acknowledged|processed|archived)$/.test(name)) {
      if (value === true) return 'acked';
    } else if (/^(?:acked|acknowledged|processed|archived)_at$|^ack_ts$/.test(name)) {
      if ((typeof value === 'string' && value.trim() !== '') || (typeof value === 'number' && value > 0))
        return 'acked';
    }
  }
  return 'pending';
}

function word(value: string): string {
  return value
    .slice(0, 80)
    .toLowerCase()
    .replace(/^.*\./, '')
    .replace(/[^a-z]+/g, '');
}
