import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { people } from '../../api/people.ts';
import { queries } from '../../api/queries.ts';
import type { SignUpPolicy } from '../../api/types.ts';
import { useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Segmented } from '../../ui/Segmented.tsx';
import page from '../Page.module.css';

/** Who may become a member. */
export function SignUp() {
  const m = useMessages();
  const client = useQueryClient();
  const { queryKey } = queries.signUp;
  const signUp = useQuery(queries.signUp);
  const set = useMutation({
    mutationFn: people.setSignUp,
    onSuccess: (policy) => client.setQueryData(queryKey, policy),
  });
  const options: readonly { value: SignUpPolicy; label: string }[] = (
    ['closed', 'invite', 'open'] as const
  ).map((value) => ({ value, label: m.people.signUp[value] }));
  if (signUp.error) {
    return <ProblemNotice error={signUp.error} onRetry={() => void signUp.refetch()} />;
  }
  if (!signUp.data) return null;
  const policy = set.isPending ? set.variables : signUp.data.policy;
  return (
    <div className={page.rows}>
      <div className={page.row}>
        <div className={page.rowText}>
          <div className={page.rowTitle}>{m.people.signUp.title}</div>
          <div className={page.facts}>{m.people.signUp.hints[policy](`${location.host}/join`)}</div>
        </div>
        <Segmented
          legend={m.people.signUp.title}
          value={policy}
          options={options}
          onChange={(next) => set.mutate(next)}
        />
        {set.error ? <ProblemNotice error={set.error} /> : null}
      </div>
    </div>
  );
}
