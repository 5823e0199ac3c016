import { useInfiniteQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { type ModelRequest, type Overview, type RequestFilter, requestQueries } from '../../api/requests.ts';
import { count, millis, moment, money } from '../../core/format.ts';
import { shortId } from '../../core/shortId.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { Segmented } from '../../ui/Segmented.tsx';
import { Select } from '../../ui/Select.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import page from '../Page.module.css';
import { RequestDialog } from './RequestDialog.tsx';
import css from './Requests.module.css';
import { useFaceName } from './words.ts';

/** The requests one by one, the latest first. `none` stands where nothing was ever asked. */
export function RequestList({ overview, none }: { overview: Overview; none: ReactNode }) {
  const m = useMessages();
  const said = m.requests;
  const [filter, setFilter] = useState<RequestFilter>({ error: null, model: null, face: null });
  const [opened, setOpened] = useState<string | null>(null);
  const list = useInfiniteQuery({ ...requestQueries.list(filter), placeholderData: (before) => before });
  const items = list.data?.pages.flatMap((some) => some.items) ?? [];
  const isFiltered = filter.error !== null || filter.model !== null || filter.face !== null;
  if (list.data && items.length === 0 && !isFiltered) return none;
  return (
    <section className={css.list} aria-labelledby="latest-requests">
      <div className={css.listHead}>
        <h2 id="latest-requests" className={page.subtitle}>
          {said.list}
        </h2>
        <Filters overview={overview} filter={filter} onChange={setFilter} />
      </div>
      {list.error ? <ProblemNotice error={list.error} onRetry={() => void list.refetch()} /> : null}
      {list.isPending ? <Skeleton label={m.common.loading} rows={4} height={56} /> : null}
      {list.data && items.length === 0 ? <p className={page.facts}>{said.emptyFilter}</p> : null}
      {items.length > 0 ? (
        <ul className={css.rows}>
          {items.map((item) => (
            <li key={item.id}>
              <Row item={item} onOpen={() => setOpened(item.id)} />
            </li>
          ))}
        </ul>
      ) : null}
      {list.hasNextPage ? (
        <Button disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {said.more}
        </Button>
      ) : null}
      {opened ? <RequestDialog id={opened} onClose={() => setOpened(null)} /> : null}
    </section>
  );
}

type FiltersProps = {
  overview: Overview;
  filter: RequestFilter;
  onChange: (filter: RequestFilter) => void;
};

function Filters({ overview, filter, onChange }: FiltersProps) {
  const said = useMessages().requests;
  const faceName = useFaceName();
  const options = (
    all: string,
    keys: readonly string[],
    chosen: string | null,
    word: (key: string) => string,
  ) => [
    { value: '', label: all },
    ...[...new Set(chosen ? [...keys, chosen] : keys)].map((key) => ({ value: key, label: word(key) })),
  ];
  const models = overview.by_model.map((slice) => slice.key);
  const faces = overview.by_face.map((slice) => slice.key);
  return (
    <div className={css.filters}>
      <Segmented
        legend={said.which}
        value={filter.error ?? 'all'}
        options={[
          { value: 'all', label: said.all },
          { value: 'any', label: said.onlyFailed },
        ]}
        onChange={(value) => onChange({ ...filter, error: value === 'any' ? 'any' : null })}
      />
      <Select
        label={said.model}
        quiet
        value={filter.model ?? ''}
        options={options(said.anyModel, models, filter.model, (id) => shortId(id))}
        onChange={(model) => onChange({ ...filter, model: model || null })}
      />
      <Select
        label={said.way}
        quiet
        value={filter.face ?? ''}
        options={options(said.anyWay, faces, filter.face, faceName)}
        onChange={(face) => onChange({ ...filter, face: face || null })}
      />
    </div>
  );
}

function Row({ item, onOpen }: { item: ModelRequest; onOpen: () => void }) {
  const m = useMessages();
  const said = m.requests;
  const { locale } = useLocale();
  const faceName = useFaceName();
  const times = [item.first_token_ms, item.took_ms].filter((span) => typeof span === 'number');
  const tokens = item.usage ? count(locale, item.usage.input_tokens + item.usage.output_tokens) : null;
  return (
    <button type="button" className={css.row} onClick={onOpen}>
      <span className={css.rowMain}>
        <span className={css.rowTitle}>
          <span className={css.model} title={item.model}>
            {shortId(item.model)}
          </span>
          <State item={item} />
        </span>
        <Facts
          facts={[
            moment(locale, item.at),
            item.member_name ?? said.removed,
            ...(item.key_name ? [item.key_name] : []),
            faceName(item.face),
          ]}
        />
        {item.error ? <span className={css.because}>{m.errors.byCode[item.error]}</span> : null}
      </span>
      <span className={css.rowFigures}>
        <span className={css.times}>{times.map((span) => millis(locale, span)).join(' / ')}</span>
        <span className={page.facts}>
          {[
            tokens === null ? null : said.inTokens(tokens),
            item.cost ? money(locale, item.cost.micros, item.cost.currency) : null,
          ]
            .filter(Boolean)
            .join(' · ')}
        </span>
      </span>
    </button>
  );
}

/** How it ended. */
export function State({ item }: { item: ModelRequest }) {
  const { states } = useMessages().requests;
  if (item.error) {
    return (
      <span className={css.wrongTag} title={item.error}>
        {states.failed}
      </span>
    );
  }
  return <span className={item.state === 'succeeded' ? page.good : page.tag}>{states[item.state]}</span>;
}
