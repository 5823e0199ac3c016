import { createContext, use } from 'react';

/** The words the renderer says itself; translated by whoever uses it. */
export interface Labels {
  copy: string;
  copied: string;
  /** The name of a picture that has none. */
  image: string;
  /** The two states of a task, for screen readers. */
  done: string;
  open: string;
}

const ENGLISH: Labels = {
  copy: 'Copy',
  copied: 'Copied',
  image: 'Image',
  done: 'Done',
  open: 'Open',
};

/** Provides labels to every Markdown below it; what is left out stays English. */
export const MarkdownLabels = createContext<Partial<Labels>>({});

export function useLabels(): Labels {
  return { ...ENGLISH, ...use(MarkdownLabels) };
}
