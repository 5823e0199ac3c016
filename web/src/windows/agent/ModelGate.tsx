import type { Model } from '../../api/types.ts';
import { useMessages } from '../../i18n/index.tsx';
import css from '../../shared/Notice.module.css';
import { Pull } from '../../shared/Pull.tsx';

/** Inside the window: the model is not here yet, and how to get it. */
export function ModelGate({ model }: { model: Model }) {
  const m = useMessages();
  return (
    <div className={css.notice} role="note">
      <div>
        <div className={css.title}>{m.agent.modelAbsent(model.name)}</div>
        <div className={css.text}>{m.agent.modelAbsentHint}</div>
      </div>
      <Pull model={model} />
    </div>
  );
}
