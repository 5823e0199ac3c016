import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { people } from '../../api/people.ts';
import { queries } from '../../api/queries.ts';
import { day } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import page from '../Page.module.css';
import css from '../settings/Settings.module.css';

/** Which links are out. */
export function Invitations() {
  const m = useMessages();
  const client = useQueryClient();
  const { locale } = useLocale();
  const invitations = useQuery(queries.invitations);
  const groups = useQuery(queries.groups);
  const revoke = useMutation({
    mutationFn: people.revokeInvitation,
    onSettled: () => client.invalidateQueries({ queryKey: queries.invitations.queryKey }),
  });
  const open = (invitations.data ?? []).filter(
    (it) => it.revoked_at === null && it.uses < it.most_uses && Date.parse(it.expires_at) > Date.now(),
  );
  const nameOf = (id: string) => groups.data?.find((group) => group.id === id)?.name;
  const error = revoke.error ?? invitations.error;
  return (
    <section className={css.section} aria-labelledby="invitations-title">
      <h2 id="invitations-title" className={page.subtitle}>
        {m.people.invite.open}
      </h2>
      {error ? <ProblemNotice error={error} onRetry={() => void invitations.refetch()} /> : null}
      {invitations.isPending ? <Skeleton label={m.common.loading} rows={1} height={56} /> : null}
      {invitations.data && open.length === 0 ? <p className={page.facts}>{m.people.invite.none}</p> : null}
      {open.length > 0 ? (
        <ul className={page.rows}>
          {open.map((invitation) => (
            <li key={invitation.id} className={page.row}>
              <div className={page.rowText}>
                <div className={page.rowTitle}>{m.settings.roles[invitation.role]}</div>
                <div className={page.facts}>
                  {[
                    ...invitation.group_ids.flatMap((id) => nameOf(id) ?? []),
                    ...(invitation.most_uses > 1
                      ? [m.people.invite.used(invitation.uses, invitation.most_uses)]
                      : []),
                    m.people.invite.until(day(locale, invitation.expires_at)),
                  ].join(' · ')}
                </div>
              </div>
              <Button
                size="s"
                look="quiet"
                disabled={revoke.isPending}
                onClick={() => revoke.mutate(invitation.id)}
              >
                {m.people.invite.revoke}
              </Button>
            </li>
          ))}
        </ul>
      ) : null}
    </section>
  );
}
