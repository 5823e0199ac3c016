import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { LogOut } from 'lucide-react';
import { type ReactNode, useState, useSyncExternalStore } from 'react';
import { useLocation } from 'wouter';
import { api } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { requestQueries } from '../api/requests.ts';
import type { Me } from '../api/types.ts';
import { count } from '../core/format.ts';
import { onTheme, setTheme, type Theme, theme } from '../core/theme.ts';
import { useLocale, useMessages } from '../i18n/index.tsx';
import { changeLocale, signOut } from '../shared/account.ts';
import { ProblemNotice } from '../shared/ProblemNotice.tsx';
import { Button } from '../ui/Button.tsx';
import { Field } from '../ui/Field.tsx';
import { Segmented } from '../ui/Segmented.tsx';
import { LANGUAGES } from './Alone.tsx';
import css from './Page.module.css';
import { SettingsTabs } from './Tabs.tsx';

export default function SettingsPage({ me }: { me: Me }) {
  const m = useMessages();
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const { locale, setLocale } = useLocale();
  const status = useQuery(queries.status);
  const current = useSyncExternalStore(onTheme, theme);
  const themes: readonly { value: Theme; label: string }[] = [
    { value: 'light', label: m.settings.light },
    { value: 'dark', label: m.settings.dark },
    { value: 'system', label: m.settings.system },
  ];
  return (
    <div className={css.page}>
      <SettingsTabs />
      <h1 className={css.title}>{m.settings.title}</h1>
      <div className={css.rows}>
        <Row title={m.settings.language} hint={m.settings.languageHint}>
          <Segmented
            legend={m.settings.language}
            value={locale}
            options={LANGUAGES}
            onChange={(next) => {
              setLocale(next);
              void changeLocale(client, next);
            }}
          />
        </Row>
        <Row title={m.settings.theme}>
          <Segmented legend={m.settings.theme} value={current} options={themes} onChange={setTheme} />
        </Row>
      </div>
      <h2 className={css.subtitle}>{m.settings.account}</h2>
      <div className={css.rows}>
        <Row title={me.member.login} hint={m.settings.roles[me.member.role]}>
          <Button
            icon={<LogOut size={16} aria-hidden="true" />}
            onClick={() => void signOut(client, navigate)}
          >
            {m.settings.signOut}
          </Button>
        </Row>
        <PrivacyRow />
        <div className={css.row}>
          <NameForm me={me} />
        </div>
      </div>
      <p className={css.facts}>
        {m.settings.workspace(me.workspace.name)}
        {status.data ? ` · ${m.settings.version(status.data.version)}` : null}
      </p>
    </div>
  );
}

/** What the workspace keeps of what is asked. */
function PrivacyRow() {
  const said = useMessages().requests.privacy;
  const { locale } = useLocale();
  const { data } = useQuery(requestQueries.privacy);
  if (!data) return null;
  const days = count(locale, data.keep_days);
  const words = {
    none: said.none,
    metadata: said.metadata(days),
    full: said.full(days, count(locale, data.keep_bodies_days ?? data.keep_days)),
  }[data.requests];
  return <Row title={said.title} hint={words} />;
}

function Row({ title, hint, children }: { title: string; hint?: string; children?: ReactNode }) {
  return (
    <div className={css.row}>
      <div className={css.rowText}>
        <div className={css.rowTitle}>{title}</div>
        {hint ? <div className={css.facts}>{hint}</div> : null}
      </div>
      {children}
    </div>
  );
}

function NameForm({ me }: { me: Me }) {
  const m = useMessages();
  const client = useQueryClient();
  const [name, setName] = useState(me.member.name);
  const save = useMutation({
    mutationFn: () => api.changeMe({ name: name.trim() }),
    onSuccess: (changed) => client.setQueryData(queries.me.queryKey, changed),
  });
  const changed = name.trim() !== '' && name.trim() !== me.member.name;
  return (
    <form
      className={css.nameForm}
      onSubmit={(event) => {
        event.preventDefault();
        if (changed) save.mutate();
      }}
    >
      <Field
        label={m.settings.name}
        value={name}
        maxLength={80}
        autoComplete="name"
        onChange={(event) => setName(event.target.value)}
      />
      <Button type="submit" disabled={!changed || save.isPending}>
        {save.isSuccess && !changed ? m.settings.saved : m.common.save}
      </Button>
      {save.error ? <ProblemNotice error={save.error} /> : null}
    </form>
  );
}
