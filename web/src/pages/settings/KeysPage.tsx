import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { people } from '../../api/people.ts';
import { queries } from '../../api/queries.ts';
import type { ApiKey, Me } from '../../api/types.ts';
import { day } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { ShownOnce } from '../../shared/ShownOnce.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Empty } from '../../ui/Empty.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import page from '../Page.module.css';
import { KeyDialog } from './KeyDialog.tsx';
import css from './Settings.module.css';
import { Tabs } from './Tabs.tsx';

/** What programs sign in with. */
export default function KeysPage({ me }: { me: Me }) {
  const m = useMessages();
  const keys = useQuery(queries.keys);
  const [making, setMaking] = useState(false);
  // The newest first; those that open nothing are of no use to anybody here.
  const own = (keys.data ?? []).filter((key) => key.member_id === me.member.id && key.revoked_at === null);
  return (
    <div className={page.page}>
      <Tabs me={me} />
      <header className={css.head}>
        <div>
          <h1 className={page.title}>{m.people.keys.title}</h1>
          <p className={page.lead}>{m.people.keys.hint}</p>
        </div>
        <Button look="primary" icon={<Plus size={16} aria-hidden="true" />} onClick={() => setMaking(true)}>
          {m.people.keys.make}
        </Button>
      </header>
      {keys.isPending ? <Skeleton label={m.common.loading} rows={2} height={64} /> : null}
      {keys.error ? <ProblemNotice error={keys.error} onRetry={() => void keys.refetch()} /> : null}
      {keys.data && own.length === 0 ? (
        <Empty icon={<KeyRound size={28} aria-hidden="true" />} title={m.people.keys.empty}>
          {m.people.keys.emptyHint}
        </Empty>
      ) : null}
      {own.length > 0 ? (
        <ul className={page.rows}>
          {own.toReversed().map((key) => (
            <KeyRow key={key.id} row={key} />
          ))}
        </ul>
      ) : null}
      {making ? <KeyDialog onClose={() => setMaking(false)} /> : null}
    </div>
  );
}

function KeyRow({ row }: { row: ApiKey }) {
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
