import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Ellipsis } from 'lucide-react';
import { useState } from 'react';
import { asSet, providers } from '../../api/providers.ts';
import { providersChanged } from '../../api/queries.ts';
import type { Provider } from '../../api/types.ts';
import { ago } from '../../core/format.ts';
import { type Messages, useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button, IconButton } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Menu } from '../../ui/Menu.tsx';
import page from '../Page.module.css';
import settings from '../settings/Settings.module.css';
import { ProviderDialog } from './ProviderDialog.tsx';
import css from './Providers.module.css';
import { ProviderTestResult } from './ProviderTestResult.tsx';

/** A provider that is asked, or that was set and is not: how it stands, and what can be done about it. */
export function ProviderRow({ provider }: { provider: Provider }) {
  const m = useMessages();
  const said = m.providers;
  const client = useQueryClient();
  const { locale } = useLocale();
  const [asking, setAsking] = useState<'change' | 'remove' | null>(null);
  const onSettled = () => providersChanged(client);
  const test = useMutation({
    mutationFn: (model: string | null) => providers.test(provider.id, model),
    onSettled,
  });
  const change = useMutation({
    mutationFn: (enabled: boolean) => providers.set(provider.id, { ...asSet(provider), enabled }),
    onSettled,
  });
  const isOn = provider.state === 'asked' || provider.state === 'broken';
  const trouble = troubleOf(provider, m, (at) => ago(locale, at));
  return (
    <li className={page.row} aria-label={provider.id === provider.vendor ? provider.name : provider.id}>
      <div className={page.rowText}>
        <div className={page.cardTitle}>
          {provider.name}
          {provider.id === provider.vendor ? null : <span className={page.tag}>{provider.endpoint}</span>}
          <State provider={provider} hasTrouble={trouble.length > 0} />
        </div>
        <div className={page.facts}>{factsOf(provider, m).join(' · ')}</div>
        {trouble.map((line) => (
          <div key={line} className={css.trouble}>
            {line}
          </div>
        ))}
        {provider.written ? <div className={page.facts}>{said.written}</div> : null}
      </div>
      <div className={settings.buttons}>
        <Button
          size="s"
          disabled={provider.state !== 'asked' || test.isPending}
          onClick={() => test.mutate(null)}
        >
          {test.isPending ? said.testing : said.test}
        </Button>
        {provider.written ? null : (
          <>
            <Button size="s" onClick={() => setAsking('change')}>
              {said.change}
            </Button>
            <Menu
              trigger={
                <IconButton label={said.more(provider.name)}>
                  <Ellipsis size={18} aria-hidden="true" />
                </IconButton>
              }
              items={[
                {
                  type: 'item',
                  key: 'switch',
                  label: isOn ? said.switchOff : said.switchOn,
                  onSelect: () => change.mutate(!isOn),
                },
                ...(provider.set
                  ? [
                      {
                        type: 'item' as const,
                        key: 'remove',
                        label: said.remove,
                        danger: true,
                        onSelect: () => setAsking('remove'),
                      },
                    ]
                  : []),
              ]}
            />
          </>
        )}
      </div>
      {change.error ? <ProblemNotice error={change.error} /> : null}
      {test.error ? <ProblemNotice error={test.error} /> : null}
      {test.data && !test.isPending ? (
        <ProviderTestResult test={test.data} onAsk={(model) => test.mutate(model)} />
      ) : null}
      {asking === 'change' ? (
        <ProviderDialog provider={provider} all={[provider]} onClose={() => setAsking(null)} />
      ) : null}
      {asking === 'remove' ? <Remove provider={provider} onClose={() => setAsking(null)} /> : null}
    </li>
  );
}

function State({ provider: { state }, hasTrouble }: { provider: Provider; hasTrouble: boolean }) {
  const said = useMessages().providers.state;
  switch (state) {
    case 'asked':
      return hasTrouble ? (
        <span className={page.busy}>{said.trouble}</span>
      ) : (
        <span className={page.good}>{said.asked}</span>
      );
    case 'broken':
      return <span className={page.busy}>{said.broken}</span>;
    case 'off':
    case 'absent':
      return <span className={page.tag}>{said[state]}</span>;
  }
}

function factsOf(provider: Provider, { providers: said }: Messages): string[] {
  const name = provider.key_name ?? '';
  const key = {
    none: provider.needs_key ? said.key.none : null,
    kept: said.key.kept,
    config: said.key.config,
    file: said.key.file(name),
    environment: said.key.environment(name),
  }[provider.key];
  const models =
    provider.state !== 'asked'
      ? null
      : provider.models.length > 0
        ? said.offered(provider.models.length)
        : said.unlisted;
  const underWay = provider.calls.under_way > 0 ? said.underWay(provider.calls.under_way) : null;
  return [hostOf(provider), key, models, underWay].filter((fact) => fact !== null);
}

const hostOf = ({ base_url, usual_url }: Provider): string =>
  (base_url ?? usual_url).replace(/^https?:\/\//, '').replace(/\/.*$/, '');

/** What is wrong with it, a line each. */
function troubleOf(provider: Provider, m: Messages, when: (at: string) => string): string[] {
  const { problem, calls } = provider;
  const { last_failure: failure, resting } = calls;
  return [
    ...(problem === null ? [] : [problem]),
    ...(failure === null
      ? []
      : [`${m.providers.failed(when(failure.at), failure.model)}: ${m.errors.byCode[failure.code]}`]),
    ...resting.map(({ model, seconds }) => m.providers.rests(model, seconds)),
  ];
}

/** Asks before a key is deleted. */
function Remove({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const m = useMessages();
  const said = m.providers;
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => providers.remove(provider.id),
    onSuccess: onClose,
    onSettled: () => providersChanged(client),
  });
  return (
    <Dialog
      title={said.removeTitle(provider.name)}
      onClose={onClose}
      footer={
        <>
          <Button look="quiet" onClick={onClose}>
            {m.common.cancel}
          </Button>
          <Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
            {said.remove}
          </Button>
        </>
      }
    >
      <p className={page.facts}>{said.removeHint}</p>
      {provider.key === 'environment' && provider.key_name ? (
        <p className={page.facts}>{said.removeBack(provider.key_name)}</p>
      ) : null}
      {remove.error ? <ProblemNotice error={remove.error} /> : null}
    </Dialog>
  );
}
