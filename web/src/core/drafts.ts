/** Text that was typed and not sent yet, per thread. Kept for the tab, so that neither an error nor a reload loses it. */
const KEY = 'hutong.draft.';

export function readDraft(id: string): string {
  try {
    return sessionStorage.getItem(KEY + id) ?? '';
  } catch {
    return '';
  }
}

export function writeDraft(id: string, text: string): void {
  try {
    if (text === '') sessionStorage.removeItem(KEY + id);
    else sessionStorage.setItem(KEY + id, text);
  } catch {
    // No storage: the text still stands in the composer.
  }
}
