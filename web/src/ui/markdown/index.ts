export { type Labels, MarkdownLabels } from './labels.tsx';
export { Markdown } from './Markdown.tsx';
