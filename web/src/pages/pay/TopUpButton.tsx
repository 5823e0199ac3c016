import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useMessages } from '../../i18n/index.tsx';
import { Button } from '../../ui/Button.tsx';
import { TopUpDialog } from './TopUpDialog.tsx';

/** The button beside the wallet. */
export function TopUpButton({ micros }: { micros?: number }) {
  const m = useMessages();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button look="primary" icon={<Plus size={16} aria-hidden="true" />} onClick={() => setOpen(true)}>
        {m.pay.topUp}
      </Button>
      {open ? (
        <TopUpDialog onClose={() => setOpen(false)} {...(micros === undefined ? {} : { micros })} />
      ) : null}
    </>
  );
}
