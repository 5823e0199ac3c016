import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { useMessages } from '../i18n/index.tsx';
import { IconButton } from '../ui/Button.tsx';
import { copyText } from '../ui/markdown/clipboard.ts';

/** Puts a text into the clipboard and says so. */
export function CopyButton({ text }: { text: string }) {
  const m = useMessages();
  const [copied, setCopied] = useState(false);
  return (
    <IconButton
      label={copied ? m.common.copied : m.common.copy}
      onClick={() => void copyText(text).then(setCopied)}
    >
      {copied ? <Check size={16} aria-hidden="true" /> : <Copy size={16} aria-hidden="true" />}
    </IconButton>
  );
}
