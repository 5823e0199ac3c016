import { useState } from 'react';
import type { Overview, RequestSlice } from '../../api/requests.ts';
import { count, decimalsOf, millis, money, percent } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { Segmented } from '../../ui/Segmented.tsx';
import page from '../Page.module.css';
import css from './Requests.module.css';
import { useFaceName } from './words.ts';

const WAYS = ['model', 'vendor', 'key', 'face'] as const;
type Way = (typeof WAYS)[number];
/** More than these are in the list below. */
const MOST = 10;

/** The requests told apart: by model, provider, key or way in; and what went wrong. */
export function Slices({ overview }: { overview: Overview }) {
  const said = useMessages().requests;
  const faceName = useFaceName();
  const [by, setBy] = useState<Way>('model');
  const slices = {
    model: overview.by_model,
    vendor: overview.by_vendor,
    key: overview.by_key,
    face: overview.by_face,
  }[by];
  const nameOf = ({ key, name }: RequestSlice): string => {
    if (by === 'face') return faceName(key);
    if (key === '') return by === 'key' ? said.noKey : said.local;
    return name ?? key;
  };
  return (
    <section className={css.slices}>
      <Segmented
        legend={said.by}
        value={by}
        options={WAYS.map((value) => ({ value, label: said.bys[value] }))}
        onChange={setBy}
      />
      <SliceTable title={said.bys[by]} slices={slices.slice(0, MOST)} nameOf={nameOf} />
      {overview.errors.length > 0 ? <Wrong errors={overview.errors} /> : null}
    </section>
  );
}

type SliceTableProps = {
  title: string;
  slices: readonly RequestSlice[];
  nameOf: (slice: RequestSlice) => string;
};

function SliceTable({ title, slices, nameOf }: SliceTableProps) {
  const said = useMessages().requests;
  const { locale } = useLocale();
  const most = Math.max(1, ...slices.map((slice) => slice.requests));
  const decimals = decimalsOf(slices.map((slice) => slice.cost.micros));
  return (
    <div className={css.scroll}>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">{title}</th>
            <th scope="col">{said.total}</th>
            <th scope="col" className={css.wide}>
              {said.failed}
            </th>
            <th scope="col" className={css.wide}>
              {said.firstToken}
            </th>
            <th scope="col" className={css.wide}>
              {said.took}
            </th>
            <th scope="col">{said.spent}</th>
          </tr>
        </thead>
        <tbody>
          {slices.map((slice) => (
            <tr key={slice.key}>
              <th scope="row">
                <span className={css.name}>{nameOf(slice)}</span>
                <span className={css.track} aria-hidden="true">
                  <span className={css.fill} style={{ width: `${percent(slice.requests, most)}%` }} />
                </span>
              </th>
              <td>{count(locale, slice.requests)}</td>
              <td className={[css.wide, slice.failed > 0 ? css.bad : ''].join(' ')}>
                {count(locale, slice.failed)}
              </td>
              <td className={css.wide}>
                {slice.first_token_ms ? millis(locale, slice.first_token_ms.p50) : '—'}
              </td>
              <td className={css.wide}>{slice.took_ms ? millis(locale, slice.took_ms.p50) : '—'}</td>
              <td>{money(locale, slice.cost.micros, slice.cost.currency, decimals)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Wrong({ errors }: { errors: Overview['errors'] }) {
  const m = useMessages();
  const { locale } = useLocale();
  return (
    <div className={css.errors}>
      <h2 className={page.subtitle}>{m.requests.wrong}</h2>
      <ul className={css.codes}>
        {errors.map(({ error, requests }) => (
          <li key={error}>
            <span className={css.times}>{count(locale, requests)} ×</span>
            <span>
              {m.errors.byCode[error]} <code className={css.code}>{error}</code>
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
