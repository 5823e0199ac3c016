import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { api } from '../api/client.ts';
import { asProblem } from '../api/problem.ts';
import { queries } from '../api/queries.ts';
import { MIN_PASSWORD } from '../core/password.ts';
import { useLocale, useMessages } from '../i18n/index.tsx';
import { ProblemNotice } from '../shared/ProblemNotice.tsx';
import { Button } from '../ui/Button.tsx';
import { Field } from '../ui/Field.tsx';
import { Notice } from '../ui/Notice.tsx';
import css from './Alone.module.css';
import { Alone, LANGUAGES } from './Alone.tsx';
import { NewPassword } from './NewPassword.tsx';
import { Steps } from './Steps.tsx';

const LOGIN = /^[a-z0-9][a-z0-9._-]{1,63}$/i;

/** First run: the language, then the owner. The model follows on the welcome page, with a session. */
export default function SetUpPage({ setUpRequired }: { setUpRequired: boolean }) {
  const m = useMessages();
  const [token] = useState(() => new URLSearchParams(location.hash.slice(1)).get('token'));
  const [step, setStep] = useState<'language' | 'account'>('language');

  if (!setUpRequired) {
    return (
      <Alone>
        <Notice tone="quiet" title={m.setUp.already} />
        <Link href="/signin" className={css.center}>
          {m.setUp.toSignIn}
        </Link>
      </Alone>
    );
  }
  if (!token) {
    return (
      <Alone>
        <Notice tone="waiting" title={m.setUp.noToken}>
          {m.setUp.noTokenAction}
        </Notice>
      </Alone>
    );
  }
  return (
    <Alone>
      <Steps at={step === 'language' ? 0 : 1} />
      {step === 'language' ? (
        <LanguageStep onNext={() => setStep('account')} />
      ) : (
        <AccountStep token={token} onBack={() => setStep('language')} />
      )}
    </Alone>
  );
}

function LanguageStep({ onNext }: { onNext: () => void }) {
  const m = useMessages();
  const { locale, setLocale } = useLocale();
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        setLocale(locale);
        onNext();
      }}
    >
      <div className={css.head}>
        <h1 className={css.title}>{m.setUp.languageTitle}</h1>
        <p className={css.hint}>{m.setUp.languageHint}</p>
      </div>
      <div className={css.languages} role="radiogroup" aria-label={m.settings.language}>
        {LANGUAGES.map(({ value, label, lang }) => (
          <label key={value} className={css.language} lang={lang}>
            <input
              type="radio"
              className="visually-hidden"
              name="language"
              checked={locale === value}
              onChange={() => setLocale(value)}
            />
            {label}
          </label>
        ))}
      </div>
      <Button look="primary" type="submit">
        {m.setUp.next}
      </Button>
    </form>
  );
}

function AccountStep({ token, onBack }: { token: string; onBack: () => void }) {
  const m = useMessages();
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const { locale } = useLocale();
  const [name, setName] = useState('');
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const setUp = useMutation({
    mutationFn: () => api.setUp({ token, name: name.trim(), login: login.trim(), password, locale }),
    onSuccess: (me) => {
      client.setQueryData(queries.me.queryKey, me);
      client.setQueryData(
        queries.status.queryKey,
        (status) => status && { ...status, setup_required: false },
      );
      navigate('/welcome', { replace: true });
    },
  });
  const loginOk = LOGIN.test(login.trim());
  const ready = name.trim() !== '' && loginOk && password.length >= MIN_PASSWORD;
  const wrongToken = setUp.error !== null && asProblem(setUp.error).status === 401;

  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) setUp.mutate();
      }}
    >
      <div className={css.head}>
        <h1 className={css.title}>{m.setUp.accountTitle}</h1>
        <p className={css.hint}>{m.setUp.accountHint}</p>
      </div>
      <Field
        label={m.setUp.name}
        name="name"
        autoComplete="name"
        placeholder={m.setUp.namePlaceholder}
        maxLength={80}
        required
        autoFocus
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <Field
        label={m.setUp.login}
        name="login"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={64}
        required
        hint={m.setUp.loginHint}
        error={login.trim().length > 1 && !loginOk ? m.setUp.loginHint : null}
        value={login}
        onChange={(event) => setLogin(event.target.value)}
      />
      <NewPassword label={m.setUp.password} login={login.trim()} value={password} onChange={setPassword} />
      {setUp.error ? (
        <ProblemNotice error={setUp.error} {...(wrongToken ? { title: m.errors.wrongToken } : {})} />
      ) : null}
      <Button look="primary" type="submit" disabled={!ready || setUp.isPending}>
        {setUp.isPending ? m.setUp.creating : m.setUp.create}
      </Button>
      <Button look="quiet" onClick={onBack}>
        {m.common.back}
      </Button>
    </form>
  );
}
