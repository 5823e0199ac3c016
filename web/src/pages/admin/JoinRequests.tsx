import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { people } from '../../api/people.ts';
import { queries } from '../../api/queries.ts';
import type { JoinRequest, Me } from '../../api/types.ts';
import { ago } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import page from '../Page.module.css';
import css from '../settings/Settings.module.css';
import { RoleChoice, type RoleWish, roleBody } from './RoleChoice.tsx';

/** Who asks to be let in; nothing when nobody does. */
export function JoinRequests({ me }: { me: Me }) {
  const m = useMessages();
  const requests = useQuery(queries.joinRequests);
  const waiting = requests.data ?? [];
  if (requests.error) {
    return <ProblemNotice error={requests.error} onRetry={() => void requests.refetch()} />;
  }
  if (waiting.length === 0) return null;
  return (
    <section className={css.section} aria-labelledby="waiting-title">
      <h2 id="waiting-title" className={page.subtitle}>
        {m.people.signUp.waiting}
      </h2>
      <ul className={page.rows}>
        {waiting.map((request) => (
          <RequestRow key={request.id} request={request} me={me} />
        ))}
      </ul>
    </section>
  );
}

function RequestRow({ request, me }: { request: JoinRequest; me: Me }) {
  const m = useMessages();
  const client = useQueryClient();
  const { locale } = useLocale();
  const [asking, setAsking] = useState<'approve' | 'refuse' | null>(null);
  const onSettled = () =>
    Promise.all(
      [queries.joinRequests, queries.members].map(({ queryKey }) =>
        client.invalidateQueries({ queryKey: [...queryKey] }),
      ),
    );
  const refuse = useMutation({ mutationFn: () => people.refuse(request.id), onSettled });
  return (
    <li className={page.row}>
      <div className={page.rowText}>
        <div className={page.cardTitle}>{request.name}</div>
        <div className={page.facts}>{[request.login, ago(locale, request.created_at)].join(' · ')}</div>
        {request.note === '' ? null : <p className={css.quote}>{request.note}</p>}
      </div>
      <div className={css.buttons}>
        <Button size="s" onClick={() => setAsking('approve')}>
          {m.people.signUp.approve}
        </Button>
        <Button size="s" look="quiet" disabled={refuse.isPending} onClick={() => setAsking('refuse')}>
          {m.people.signUp.refuse}
        </Button>
      </div>
      {refuse.error ? <ProblemNotice error={refuse.error} /> : null}
      {asking === 'approve' ? (
        <ApproveDialog request={request} me={me} onSettled={onSettled} onClose={() => setAsking(null)} />
      ) : null}
      {asking === 'refuse' ? (
        <Dialog
          title={m.people.signUp.refuseTitle(request.name)}
          onClose={() => setAsking(null)}
          footer={
            <>
              <Button look="quiet" onClick={() => setAsking(null)}>
                {m.common.cancel}
              </Button>
              <Button
                look="danger"
                onClick={() => {
                  setAsking(null);
                  refuse.mutate();
                }}
              >
                {m.people.signUp.refuse}
              </Button>
            </>
          }
        >
          <p className={page.facts}>{m.people.signUp.refuseHint}</p>
        </Dialog>
      ) : null}
    </li>
  );
}

type ApproveDialogProps = {
  request: JoinRequest;
  me: Me;
  onSettled: () => Promise<unknown>;
  onClose: () => void;
};

function ApproveDialog({ request, me, onSettled, onClose }: ApproveDialogProps) {
  const m = useMessages();
  const [wish, setWish] = useState<RoleWish>({ role: 'member', agents: [] });
  const approve = useMutation({
    mutationFn: () => people.approve(request.id, roleBody(wish)),
    onSuccess: onClose,
    onSettled,
  });
  return (
    <Dialog
      title={m.people.signUp.approveTitle(request.name)}
      onClose={onClose}
      footer={
        <>
          <Button look="quiet" onClick={onClose}>
            {m.common.cancel}
          </Button>
          <Button look="primary" disabled={approve.isPending} onClick={() => approve.mutate()}>
            {m.people.signUp.approve}
          </Button>
        </>
      }
    >
      <div className={css.form}>
        <p className={page.facts}>{m.people.signUp.approveHint(request.login)}</p>
        <RoleChoice label={m.people.invite.role} value={wish} onChange={setWish} me={me} />
        {approve.error ? <ProblemNotice error={approve.error} /> : null}
      </div>
    </Dialog>
  );
}
