import { useMutation, useQueryClient } from '@tanstack/react-query';
import { people } from '../../api/people.ts';
import { queries } from '../../api/queries.ts';
import type { ApiKey } from '../../api/types.ts';
import { day } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { ShownOnce } from '../../shared/ShownOnce.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import page from '../Page.module.css';
import css from './Settings.module.css';

/** A key: given another token, or taken out of use. */
export function KeyRow({ row }: { row: ApiKey }) {
  const m = useMessages();
  const client = useQueryClient();
  const { locale } = useLocale();
  const onSettled = () => client.invalidateQueries({ queryKey: queries.keys.queryKey });
  const rotate = useMutation({ mutationFn: () => people.rotateKey(row.id), onSettled });
  const revoke = useMutation({ mutationFn: () => people.revokeKey(row.id), onSettled });
  const expired = row.expires_at !== null && Date.parse(row.expires_at) <= Date.now();
  const limited = Object.values(row.scope).some((limit) => limit !== null && limit !== undefined);
  const error = rotate.error ?? revoke.error;
  return (
    <li className={page.row}>
      <div className={page.rowText}>
        <div className={page.cardTitle}>
          {row.name}
          {limited ? <span className={page.tag}>{m.people.keys.limited}</span> : null}
          {expired ? <span className={page.busy}>{m.people.keys.expired}</span> : null}
        </div>
        <div className={page.facts}>
          {[
            day(locale, row.created_at),
            ...(row.expires_at && !expired ? [m.people.keys.until(day(locale, row.expires_at))] : []),
          ].join(' · ')}
        </div>
      </div>
      <div className={css.buttons}>
        <Button size="s" disabled={rotate.isPending} onClick={() => rotate.mutate()}>
          {m.people.keys.rotate}
        </Button>
        <Button size="s" look="danger" disabled={revoke.isPending} onClick={() => revoke.mutate()}>
          {m.people.keys.revoke}
        </Button>
      </div>
      {error ? <ProblemNotice error={error} /> : null}
      {rotate.data ? (
        <Dialog
          title={m.people.keys.rotate}
          onClose={() => rotate.reset()}
          footer={<Button onClick={() => rotate.reset()}>{m.common.close}</Button>}
        >
          <ShownOnce label={m.people.keys.token} text={rotate.data.token} hint={m.people.keys.rotated} />
        </Dialog>
      ) : null}
    </li>
  );
}
