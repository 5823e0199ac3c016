import { useQuery } from '@tanstack/react-query';
import { byProvider } from '../../api/answerer.ts';
import { queries } from '../../api/queries.ts';
import type { RemoteModel } from '../../api/types.ts';
import { decimalsOf, money } from '../../core/format.ts';
import { runsWorkspace } from '../../core/roles.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import page from '../Page.module.css';
import { ProviderDesk } from './ProviderDesk.tsx';
import css from './Providers.module.css';

/** The models of providers and what they cost; for whoever runs the workspace, also who is asked and with which key. */
export function Providers({ models }: { models: readonly RemoteModel[] }) {
  const role = useQuery(queries.me).data?.member.role;
  return (
    <>
      {role !== undefined && runsWorkspace(role) ? <ProviderDesk /> : null}
      <Offered models={models} />
    </>
  );
}

function Offered({ models }: { models: readonly RemoteModel[] }) {
  const said = useMessages().models.providers;
  return (
    <section className={css.section} aria-labelledby="providers">
      <div>
        <h2 id="providers" className={page.subtitle}>
          {said.title}
        </h2>
        <p className={page.lead}>{models.length > 0 ? said.hint : said.empty}</p>
      </div>
      {models.length > 0 ? (
        <div className={page.rows}>
          {byProvider(models).map(([provider, offered]) => (
            <Provider key={provider} name={provider} models={offered} />
          ))}
        </div>
      ) : null}
      <p className={css.how}>
        {said.how} <code className={css.code}>VENDOR_API_KEY=… hutong up</code>
        {said.docs}
        <code className={css.code}>docs/adding/provider.md</code>
      </p>
    </section>
  );
}

const PRICES = ['input_picos', 'output_picos', 'cached_picos'] as const;

function Provider({ name, models }: { name: string; models: readonly RemoteModel[] }) {
  const { locale } = useLocale();
  const said = useMessages().models.providers;
  // A pico-unit for each token is a micro-unit for a million of them.
  const decimals = PRICES.map((kind) => decimalsOf(models.map(({ price }) => price?.[kind] ?? 0)));
  return (
    <div className={css.provider}>
      <table className={css.table}>
        <caption className={css.caption}>
          <span className={css.name}>{name}</span> <span>{said.perMillion}</span>
        </caption>
        <thead>
          <tr>
            <th scope="col">{said.model}</th>
            {PRICES.map((kind) => (
              <th key={kind} scope="col">
                {said[kind]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {models.map(({ id, model, price }) => (
            <tr key={id}>
              <th scope="row" title={id}>
                {model}
              </th>
              {price === null ? (
                <td colSpan={PRICES.length} className={css.unknown}>
                  {said.noPrice}
                </td>
              ) : (
                PRICES.map((kind, at) => {
                  const picos = price[kind];
                  return (
                    <td key={kind}>
                      {picos === null ? (
                        <>
                          <span aria-hidden="true">–</span>
                          <span className="visually-hidden">{said.noPrice}</span>
                        </>
                      ) : (
                        money(locale, picos, price.currency, decimals[at])
                      )}
                    </td>
                  );
                })
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
