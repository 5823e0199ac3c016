import { Eye, EyeOff } from 'lucide-react';
import { useState } from 'react';
import { strength } from '../core/password.ts';
import { useMessages } from '../i18n/index.tsx';
import { IconButton } from '../ui/Button.tsx';
import { Field } from '../ui/Field.tsx';
import css from './Alone.module.css';

type NewPasswordProps = {
  label: string;
  login: string;
  value: string;
  onChange: (password: string) => void;
};

/** A password that is being chosen: it can be looked at, and its strength is told. */
export function NewPassword({ label, login, value, onChange }: NewPasswordProps) {
  const m = useMessages();
  const [seen, setSeen] = useState(false);
  return (
    <Field
      label={label}
      name="new-password"
      type={seen ? 'text' : 'password'}
      autoComplete="new-password"
      maxLength={256}
      required
      hint={value === '' ? m.setUp.passwordHint : <Meter password={value} login={login} />}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      trailing={
        <IconButton
          label={seen ? m.setUp.hide : m.setUp.show}
          aria-pressed={seen}
          onClick={() => setSeen(!seen)}
        >
          {seen ? <EyeOff size={16} aria-hidden="true" /> : <Eye size={16} aria-hidden="true" />}
        </IconButton>
      }
    />
  );
}

function Meter({ password, login }: { password: string; login: string }) {
  const m = useMessages();
  const level = strength(password, login);
  return (
    <span className={css.meter} data-strength={level} role="status">
      <span className={css.meterTrack} aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      {m.setUp.strength[level]}
    </span>
  );
}
