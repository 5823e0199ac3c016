import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { useMessages } from '../i18n/index.tsx';
import { IconButton } from '../ui/Button.tsx';
import { Field } from '../ui/Field.tsx';
import { copyText } from '../ui/markdown/clipboard.ts';

/** A link, key or secret that the server shows this once, to be copied. */
export function ShownOnce({ label, text, hint }: { label: string; text: string; hint?: string }) {
  const m = useMessages();
  const [copied, setCopied] = useState(false);
  return (
    <Field
      label={label}
      value={text}
      readOnly
      {...(hint ? { hint } : {})}
      onFocus={(event) => event.target.select()}
      trailing={
        <IconButton
          label={copied ? m.common.copied : m.common.copy}
          onClick={() => void copyText(text).then(setCopied)}
        >
          {copied ? <Check size={16} aria-hidden="true" /> : <Copy size={16} aria-hidden="true" />}
        </IconButton>
      }
    />
  );
}
