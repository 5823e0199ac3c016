import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { people } from '../../api/people.ts';
import { queries } from '../../api/queries.ts';
import type { Member } from '../../api/types.ts';
import { uuidv7 } from '../../core/uuid.ts';
import { useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { ShownOnce } from '../../shared/ShownOnce.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Field } from '../../ui/Field.tsx';
import css from './Settings.module.css';

const DAY = 24 * 3600 * 1000;
const patterns = (text: string): string[] | null => {
  const list = text.split(/[\s,，]+/).filter(Boolean);
  return list.length > 0 ? list : null;
};
const whole = (text: string): number | null => (/^\d{1,6}$/.test(text) ? Number(text) : null);

type KeyDialogProps = {
  /** Whose key it becomes; one's own without it. */
  account?: Member;
  onClose: () => void;
};

/** Makes a key, with limits or without, and shows it once. */
export function KeyDialog({ account, onClose }: KeyDialogProps) {
  const m = useMessages();
  const client = useQueryClient();
  const [wish, setWish] = useState({ name: '', models: '', agents: '', rate: '', days: '' });
  const make = useMutation({
    mutationFn: () => {
      const days = whole(wish.days);
      return people.createKey({
        id: uuidv7(),
        ...(account ? { member_id: account.id } : {}),
        name: wish.name.trim(),
        scope: {
          faces: null,
          origins: null,
          models: patterns(wish.models),
          agents: patterns(wish.agents),
          rate_per_minute: whole(wish.rate),
        },
        expires_at: days === null ? null : new Date(Date.now() + days * DAY).toISOString(),
      });
    },
    onSuccess: () => client.invalidateQueries({ queryKey: queries.keys.queryKey }),
  });
  const field = (key: keyof typeof wish) => (
    <Field
      label={m.people.keys[key]}
      value={wish[key]}
      maxLength={key === 'name' ? 100 : 400}
      inputMode={key === 'rate' || key === 'days' ? 'numeric' : 'text'}
      onChange={(event) => setWish({ ...wish, [key]: event.target.value })}
    />
  );
  const numbers = [wish.rate, wish.days].every((text) => text === '' || (whole(text) ?? 0) > 0);
  const ready = wish.name.trim() !== '' && numbers;
  return (
    <Dialog
      title={account ? m.people.keys.makeFor(account.name) : m.people.keys.make}
      onClose={onClose}
      footer={
        make.data ? (
          <Button onClick={onClose}>{m.common.close}</Button>
        ) : (
          <>
            <Button look="quiet" onClick={onClose}>
              {m.common.cancel}
            </Button>
            <Button look="primary" disabled={!ready || make.isPending} onClick={() => make.mutate()}>
              {m.people.keys.make}
            </Button>
          </>
        )
      }
    >
      {make.data ? (
        <ShownOnce label={m.people.keys.token} text={make.data.token} />
      ) : (
        <div className={css.form}>
          {field('name')}
          {field('models')}
          {field('agents')}
          {field('rate')}
          {field('days')}
          {make.error ? <ProblemNotice error={make.error} /> : null}
        </div>
      )}
    </Dialog>
  );
}
