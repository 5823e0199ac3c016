type Key = Pick<KeyboardEvent, 'key' | 'shiftKey' | 'altKey' | 'isComposing' | 'keyCode'>;

/** The key code that browsers report for every key that an input method takes for itself. */
const TAKEN_BY_INPUT_METHOD = 229;

/**
 * Enter sends, unless it ends a line (Shift) or belongs to an input method: while a Chinese, Japanese or Korean word
 * is being composed, Enter chooses it. Safari ends the composition before the key: it is told by its code.
 */
export function isSendKey(event: Key): boolean {
  return (
    event.key === 'Enter' &&
    !event.shiftKey &&
    !event.altKey &&
    !event.isComposing &&
    event.keyCode !== TAKEN_BY_INPUT_METHOD
  );
}
