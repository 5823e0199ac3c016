/** The tree a Markdown text becomes. It carries no positions, so equal text gives equal trees. */

export type Align = 'left' | 'center' | 'right' | null;

export type Inline =
  | { type: 'text'; text: string }
  | { type: 'code'; text: string }
  | { type: 'break' }
  | { type: 'math'; tex: string; display: boolean }
  | { type: 'strong' | 'emphasis' | 'strike'; children: Inline[] }
  | { type: 'link'; href: string; host: string; children: Inline[] }
  | { type: 'image'; target: Target | null; alt: string };

/** An address we are willing to link to; `host` is what the reader is shown. */
export interface Target {
  href: string;
  host: string;
}

export interface ListItem {
  /** `null` unless the item is a task. */
  checked: boolean | null;
  children: Block[];
}

export type Block =
  | { type: 'paragraph'; tight: boolean; children: Inline[] }
  | { type: 'heading'; level: number; children: Inline[] }
  | { type: 'code'; language: string; text: string }
  | { type: 'math'; tex: string }
  | { type: 'quote'; children: Block[] }
  | { type: 'list'; start: number | null; items: ListItem[] }
  | { type: 'table'; align: Align[]; head: Inline[][]; rows: Inline[][][] }
  | { type: 'rule' };
