/** A rough, honest strength: length counts most, variety some, the login name and repeats take away. */
export type Strength = 'short' | 'weak' | 'fair' | 'strong';

export const MIN_PASSWORD = 8;

export function strength(password: string, login: string): Strength {
  if (password.length < MIN_PASSWORD) return 'short';
  const distinct = new Set(password.toLowerCase()).size;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z\d]/].filter((kind) => kind.test(password)).length;
  const hasLogin = login.length > 2 && password.toLowerCase().includes(login.toLowerCase());
  const score = Math.min(distinct, 14) + kinds * 2 + (password.length >= 14 ? 3 : 0) - (hasLogin ? 8 : 0);
  if (score < 12) return 'weak';
  return score < 18 ? 'fair' : 'strong';
}
