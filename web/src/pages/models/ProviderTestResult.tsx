import type { ProviderTest } from '../../api/types.ts';
import { count, decimalsOf, money, seconds } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { Select } from '../../ui/Select.tsx';
import css from './Providers.module.css';

type ProviderTestResultProps = { test: ProviderTest; onAsk?: (model: string) => void };

/** What came of a test: how fast, for how much, or why not. */
export function ProviderTestResult({ test, onAsk }: ProviderTestResultProps) {
  const m = useMessages();
  const said = m.providers.result;
  const { error, model } = test;
  const title =
    error === null
      ? said.answers(model ?? '')
      : `${model === null ? said.unreached : said.failed(model)}: ${said.because[error.code] ?? m.errors.byCode[error.code]}`;
  const facts = useFacts(test);
  const models = test.models ?? [];
  return (
    <div className={css.result}>
      <Notice tone={error === null ? 'done' : 'error'} title={title}>
        {error === null ? null : <div>{error.detail}</div>}
        {test.text.trim() === '' ? null : <div>{said.said(test.text.trim())}</div>}
        {facts.map((line) => (
          <div key={line}>{line}</div>
        ))}
      </Notice>
      {onAsk && models.length > 1 ? (
        <Select
          label={said.another}
          value={model ?? ''}
          options={[...(model === null || models.includes(model) ? [] : [model]), ...models].map((value) => ({
            value,
            label: value,
          }))}
          onChange={onAsk}
        />
      ) : null}
    </div>
  );
}

/** Times, tokens and money, as lines. */
function useFacts(test: ProviderTest): string[] {
  const said = useMessages().providers.result;
  const { locale } = useLocale();
  const time = (millis: number | null, words: (time: string) => string) =>
    millis === null ? null : words(millis < 1000 ? `${count(locale, millis)} ms` : seconds(locale, millis));
  const { usage, price } = test;
  const tokens = usage && said.tokens(usage.input_tokens, usage.output_tokens);
  const cost =
    test.cost_micros !== null && test.currency !== null
      ? said.cost(money(locale, test.cost_micros, test.currency, 6))
      : null;
  const rates = [price?.input_picos ?? null, price?.output_picos ?? null];
  const [input, output] = rates;
  const rate = (picos: number, currency: string) =>
    money(locale, picos, currency, decimalsOf(rates.map((one) => one ?? 0)));
  const asked =
    price && input != null && output != null
      ? said.price(rate(input, price.currency), rate(output, price.currency))
      : said.noPrice;
  const models = test.models === null ? said.noList : said.found(test.models.length);
  return [
    [
      time(test.connect_ms, said.connect),
      time(test.first_token_ms, said.first),
      time(test.total_ms, said.total),
    ],
    test.model === null ? [] : [tokens, cost, asked],
    test.connect_ms === null || (test.models === null && test.model === null) ? [] : [models],
  ]
    .map((line) => line.filter((fact) => fact !== null).join(' · '))
    .filter((line) => line !== '');
}
