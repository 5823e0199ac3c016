import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { payQueries } from '../../api/pay.ts';
import { amountInAddress } from '../../core/amount.ts';
import { useMessages } from '../../i18n/index.tsx';
import { Button } from '../../ui/Button.tsx';
import { TopUpDialog } from './TopUpDialog.tsx';

/**
 * The button beside the wallet. A refusal leads here and names in `?need=` what is missing: then it is open, with that, unless
 * there is no way to pay: then it would only hide the field for vouchers.
 */
export function TopUpButton() {
  const m = useMessages();
  const [search, setSearch] = useSearchParams();
  const need = amountInAddress(search.get('need'));
  const ways = useQuery({ ...payQueries.ways, enabled: need !== null });
  const offers = need !== null && (ways.data?.gateways.length ?? 0) > 0;
  const [open, setOpen] = useState(false);
  const close = () => {
    setOpen(false);
    // Whoever comes back to this address has seen it.
    if (need !== null) setSearch({}, { replace: true });
  };
  return (
    <>
      <Button look="primary" icon={<Plus size={16} aria-hidden="true" />} onClick={() => setOpen(true)}>
        {m.pay.topUp}
      </Button>
      {open || offers ? <TopUpDialog onClose={close} need={need ?? undefined} /> : null}
    </>
  );
}
