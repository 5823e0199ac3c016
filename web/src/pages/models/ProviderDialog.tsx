import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { asProblem } from '../../api/problem.ts';
import { asSet, providers } from '../../api/providers.ts';
import { providersChanged } from '../../api/queries.ts';
import type { Provider } from '../../api/types.ts';
import { useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Field } from '../../ui/Field.tsx';
import { Select } from '../../ui/Select.tsx';
import css from '../settings/Settings.module.css';
import look from './Providers.module.css';
import { ProviderTestResult } from './ProviderTestResult.tsx';

type ProviderDialogProps = {
  /** The one that is changed; without one, one of `all` is added. */
  provider?: Provider;
  all: readonly Provider[];
  onClose: () => void;
};
type Wish = { key: string; url: string; blanks: Record<string, string>; models: string };

const startOf = (provider: Provider): Wish => {
  const { base_url, blanks = {}, models } = asSet(provider);
  return { key: '', url: base_url ?? '', blanks, models: (models ?? []).join(', ') };
};

/** Adds a provider, or changes one, and asks it for a word. */
export function ProviderDialog({ provider, all, onClose }: ProviderDialogProps) {
  const m = useMessages();
  const said = m.providers;
  const client = useQueryClient();
  // As they were when it was opened: what was saved and does not answer is mended here.
  const [known] = useState(all);
  const free = provider ? [provider] : known.filter(({ state }) => state === 'absent');
  const vendors = [...new Map(free.map((one) => [one.vendor, one.name]))];
  vendors.sort(([, one], [, other]) => one.localeCompare(other));
  // Whoever adds one mostly has a key, and nothing else to say.
  const isPlain = (one: Provider) => one.needs_key && Object.keys(one.blanks).length === 0;
  const ofFirst = vendors.flatMap(([vendor]) => free.filter((one) => one.vendor === vendor));
  const [id, setId] = useState(provider?.id ?? (ofFirst.find(isPlain) ?? ofFirst[0])?.id ?? '');
  const chosen = free.find((one) => one.id === id);
  const [wish, setWish] = useState<Wish>(() =>
    chosen ? startOf(chosen) : { key: '', url: '', blanks: {}, models: '' },
  );
  const save = useMutation({
    mutationFn: async () => {
      await providers.set(id, {
        key: wish.key.trim() === '' ? null : wish.key.trim(),
        base_url: wish.url.trim() === '' ? null : wish.url.trim(),
        blanks: wish.blanks,
        models: namesOf(wish.models),
        enabled: true,
      });
      await providersChanged(client);
      return providers.test(id);
    },
    onSettled: () => providersChanged(client),
  });
  const choose = (next: Provider | undefined) => {
    if (!next) return;
    setId(next.id);
    setWish(startOf(next));
    save.reset();
  };
  const endpoints = free.filter(({ vendor }) => vendor === chosen?.vendor);
  const blanks = Object.keys(chosen?.blanks ?? {});
  const isReady =
    chosen !== undefined &&
    blanks.every((blank) => wish.url.trim() !== '' || (wish.blanks[blank] ?? '').trim() !== '') &&
    (!chosen.needs_key || wish.key.trim() !== '' || chosen.key !== 'none');
  const title = provider ? said.form.changeTitle(provider.name) : said.add;
  return (
    <Dialog
      title={title}
      onClose={onClose}
      footer={
        save.data ? (
          <>
            <Button look={save.data.error ? 'quiet' : 'plain'} onClick={onClose}>
              {m.common.close}
            </Button>
            {save.data.error ? (
              <Button look="primary" onClick={() => save.reset()}>
                {said.change}
              </Button>
            ) : null}
          </>
        ) : (
          <>
            <Button look="quiet" onClick={onClose}>
              {m.common.cancel}
            </Button>
            <Button look="primary" disabled={!isReady || save.isPending} onClick={() => save.mutate()}>
              {save.isPending ? said.testing : said.form.save}
            </Button>
          </>
        )
      }
    >
      {save.data ? (
        <ProviderTestResult test={save.data} />
      ) : (
        <form
          className={css.form}
          autoComplete="off"
          onSubmit={(event) => {
            event.preventDefault();
            if (isReady && !save.isPending) save.mutate();
          }}
        >
          {provider ? null : (
            <Select
              label={said.form.vendor}
              value={chosen?.vendor ?? ''}
              options={vendors.map(([value, label]) => ({ value, label }))}
              onChange={(vendor) => choose(free.find((one) => one.vendor === vendor))}
            />
          )}
          {!provider && endpoints.length > 1 ? (
            <Select
              label={said.form.endpoint}
              value={id}
              options={endpoints.map((one) => ({
                value: one.id,
                label: `${one.endpoint} · ${one.usual_url.replace(/^https?:\/\//, '')}`,
              }))}
              onChange={(next) => choose(free.find((one) => one.id === next))}
            />
          ) : null}
          {chosen ? <Inputs provider={chosen} wish={wish} onChange={setWish} /> : null}
          {save.error ? (
            <ProblemNotice
              error={save.error}
              title={said.form.refused}
              kept={asProblem(save.error).message}
            />
          ) : null}
          <input type="submit" hidden />
        </form>
      )}
    </Dialog>
  );
}

type InputsProps = { provider: Provider; wish: Wish; onChange: (wish: Wish) => void };

function Inputs({ provider, wish, onChange }: InputsProps) {
  const said = useMessages().providers.form;
  const isMoved = wish.url.trim() !== (provider.base_url ?? '');
  // What somebody set, and what a server of one's own needs to be told, is seen at once.
  const { base_url, models } = asSet(provider);
  const hasMore = base_url != null || models != null || !provider.needs_key;
  return (
    <>
      {Object.keys(provider.blanks).map((blank) => (
        <Field
          key={blank}
          label={said.blank(blank)}
          value={wish.blanks[blank] ?? ''}
          maxLength={200}
          spellCheck={false}
          hint={provider.usual_url}
          onChange={(event) => onChange({ ...wish, blanks: { ...wish.blanks, [blank]: event.target.value } })}
        />
      ))}
      <Field
        label={said.key}
        type="password"
        autoComplete="new-password"
        value={wish.key}
        maxLength={4096}
        spellCheck={false}
        hint={keyHint(provider, isMoved, said)}
        onChange={(event) => onChange({ ...wish, key: event.target.value })}
      />
      <details className={look.more} open={hasMore || undefined}>
        <summary>{said.more}</summary>
        <div className={look.rest}>
          <Field
            label={said.url}
            type="url"
            value={wish.url}
            maxLength={4096}
            spellCheck={false}
            placeholder={provider.usual_url}
            hint={said.urlHint}
            onChange={(event) => onChange({ ...wish, url: event.target.value })}
          />
          <Field
            label={said.models}
            value={wish.models}
            spellCheck={false}
            hint={provider.models.length > 0 || provider.needs_key ? said.modelsPriced : said.modelsOwn}
            onChange={(event) => onChange({ ...wish, models: event.target.value })}
          />
        </div>
      </details>
    </>
  );
}

type FormWords = ReturnType<typeof useMessages>['providers']['form'];

function keyHint({ key, key_name, needs_key }: Provider, isMoved: boolean, said: FormWords): string {
  if (isMoved && (key === 'kept' || key === 'environment')) return said.keyAddress;
  if (key === 'kept') return said.keyKept;
  if (key === 'environment') return said.keyVariable(key_name ?? '');
  return needs_key ? said.keyNew : said.keyFree;
}

/** Names with commas between them; nothing is "not chosen". */
function namesOf(text: string): string[] | null {
  const names = text
    .split(/[,，、\s]+/)
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names.length > 0 ? names : null;
}
