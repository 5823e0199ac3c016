import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { people } from '../../api/people.ts';
import { queries } from '../../api/queries.ts';
import { day } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import page from '../Page.module.css';
import css from './Settings.module.css';

/** Who waits to be let in, and which links are out. */
export function Invitations() {
  const m = useMessages();
  const client = useQueryClient();
  const { locale } = useLocale();
  const requests = useQuery(queries.joinRequests);
  const invitations = useQuery(queries.invitations);
  const settled = () =>
    Promise.all(
      [queries.joinRequests, queries.invitations, queries.members].map(({ queryKey }) =>
        client.invalidateQueries({ queryKey: [...queryKey] }),
      ),
    );
  const approve = useMutation({ mutationFn: people.approve, onSettled: settled });
  const refuse = useMutation({ mutationFn: people.refuse, onSettled: settled });
  const revoke = useMutation({ mutationFn: people.revokeInvitation, onSettled: settled });
  const open = (invitations.data ?? []).filter(
    (it) => it.revoked_at === null && it.uses < it.most_uses && Date.parse(it.expires_at) > Date.now(),
  );
  const waiting = requests.data ?? [];
  const error = approve.error ?? refuse.error ?? revoke.error ?? requests.error ?? invitations.error;
  return (
    <>
      {error ? <ProblemNotice error={error} /> : null}
      {waiting.length > 0 ? (
        <>
          <h2 className={page.subtitle}>{m.people.signUp.waiting}</h2>
          <ul className={page.rows}>
            {waiting.map((request) => (
              <li key={request.id} className={page.row}>
                <div className={page.rowText}>
                  <div className={page.rowTitle}>{request.name}</div>
                  <div className={page.facts}>
                    {[request.login, request.note].filter(Boolean).join(' · ')}
                  </div>
                </div>
                <div className={css.buttons}>
                  <Button size="s" onClick={() => approve.mutate(request.id)}>
                    {m.people.signUp.approve}
                  </Button>
                  <Button size="s" look="quiet" onClick={() => refuse.mutate(request.id)}>
                    {m.people.signUp.refuse}
                  </Button>
                </div>
              </li>
            ))}
          </ul>
        </>
      ) : null}
      <h2 className={page.subtitle}>{m.people.invite.open}</h2>
      {open.length === 0 ? (
        <p className={page.facts}>{m.people.invite.none}</p>
      ) : (
        <ul className={page.rows}>
          {open.map((invitation) => (
            <li key={invitation.id} className={page.row}>
              <div className={page.rowText}>
                <div className={page.rowTitle}>{m.settings.roles[invitation.role]}</div>
                <div className={page.facts}>{m.people.invite.until(day(locale, invitation.expires_at))}</div>
              </div>
              <Button size="s" look="quiet" onClick={() => revoke.mutate(invitation.id)}>
                {m.people.invite.revoke}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
