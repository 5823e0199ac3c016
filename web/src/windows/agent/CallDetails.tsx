import { Download } from 'lucide-react';
import type { ToolFile, ToolUse } from '../../api/types.ts';
import { useMessages } from '../../i18n/index.tsx';
import { Button } from '../../ui/Button.tsx';
import css from './ToolCall.module.css';

/** The details of a call: what was asked for, and what came back. Nothing of it is a link: strangers may have written it. */
export function Details({ call }: { call: ToolUse }) {
  const m = useMessages();
  const { state } = call;
  return (
    <div className={css.details}>
      <Arguments call={call} />
      {state.is === 'answered' || state.is === 'failed' ? (
        <>
          <div className={css.label}>
            {m.tools.answerLabel}
            {call.is_outside ? <span className={css.outside}>{m.tools.outside}</span> : null}
          </div>
          <pre className={css.answer}>{state.is === 'answered' ? state.text : state.detail}</pre>
        </>
      ) : null}
      {state.is === 'answered' && state.files ? (
        <div className={css.files}>
          {state.files.map((file) => (
            <Button
              key={file.name}
              size="s"
              icon={<Download size={14} aria-hidden="true" />}
              onClick={() => save(file)}
            >
              {file.name}
            </Button>
          ))}
        </div>
      ) : null}
      {state.is === 'answered' && state.links.length > 0 ? (
        <>
          <div className={css.label}>{m.tools.from}</div>
          <ul className={css.links}>
            {state.links.map((link) => (
              <li key={link}>{link}</li>
            ))}
          </ul>
        </>
      ) : null}
    </div>
  );
}

/** What a call is given, as a list of names and values. */
export function Arguments({ call }: { call: ToolUse }) {
  const m = useMessages();
  const fields = fieldsOf(call.arguments);
  if (fields === null) {
    return (
      <>
        <div className={css.label}>{m.tools.raw}</div>
        <pre className={css.answer}>{call.arguments}</pre>
      </>
    );
  }
  if (fields.length === 0) return <p className={css.none}>{m.tools.noArguments}</p>;
  return (
    <dl className={css.fields}>
      {fields.map(([name, value]) => (
        <div key={name} className={css.field}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Saves a file. Whatever it says it is, the browser is not to open it. */
function save({ name, base64 }: ToolFile): void {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** The first thing that a call is given, for its line. */
export const gist = (call: ToolUse): string => fieldsOf(call.arguments)?.[0]?.[1] ?? '';

/** Null when it is not an object of JSON. */
function fieldsOf(text: string): [string, string][] | null {
  if (text.trim() === '') return [];
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return Object.entries(value).map(([name, it]) => [
      name,
      typeof it === 'string' ? it : JSON.stringify(it),
    ]);
  } catch {
    return null;
  }
}
